import { describe, expect, it } from '@jest/globals';
import type { Version1EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { classRows } from '../../../src/panels/test-results/class-accuracy.ts';

type EpochData = Version1EventOf<'epoch'>['data'];

const digits = [...'0123456789'];
const epochs = sampleRun().flatMap((event): EpochData[] => (event.type === 'epoch' ? [event.data] : []));

describe('the accuracy of each class', () => {
  it('has its position on the track, the previous one, and the change in percentage points', () => {
    const { floor, rows } = classRows(digits, epochs[1] as EpochData, epochs[0]);
    expect(floor).toBe(0.8);
    expect(rows[0]).toMatchObject({ name: '0', change: '+4.5' });
    expect(rows[0]?.position).toBeCloseTo(0.775);
    expect(rows[0]?.previousPosition).toBeCloseTo(0.55);
  });

  it('has no position when the test set has no image of the class', () => {
    const epoch = epochs[0] as EpochData;
    const perClass = epoch.test.perClass.map((value, index) => (index === 3 ? null : value));
    const { rows } = classRows(digits, { ...epoch, test: { ...epoch.test, perClass } });
    expect(rows[3]).toMatchObject({ position: null, value: '–', change: '' });
  });
});
