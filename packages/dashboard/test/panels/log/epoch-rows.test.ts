import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { epochRows } from '../../../src/panels/log/epoch-rows.ts';
import type { EpochData } from '../../../src/state/event-data.ts';

const epochs = sampleRun().flatMap((event): EpochData[] => (event.type === 'epoch' ? [event.data] : []));

describe('the table of epochs', () => {
  it('has the newest first and marks the best', () => {
    const rows = epochRows(epochs);
    expect(rows.map(({ epoch }) => epoch)).toEqual(['3', '2', '1']);
    expect(rows.map(({ best }) => best)).toEqual([true, false, false]);
  });

  it.each(['accuracy', 'loss'])('marks no epoch as the best when no test %s is a number', (figure) => {
    const lost = epochs.map((epoch) => ({ ...epoch, test: { ...epoch.test, [figure]: Number.NaN } }));
    expect(epochRows(lost).some(({ best }) => best)).toBe(false);
  });
});
