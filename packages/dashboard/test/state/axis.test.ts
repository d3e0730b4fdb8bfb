import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  type AxisName,
  axisPositions,
  convertViewport,
  knownAxis,
  rowsInRange,
  stepAtTime,
  stepPosition,
} from '../../src/state/axis.ts';
import { applyEvent, emptyRun } from '../../src/state/run.ts';

const run = emptyRun('20261124-100000-test');
for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 20 })) applyEvent(run, event);
const positions = (axis: AxisName) => axisPositions(run, axis);

describe('an axis', () => {
  it.each([
    ['step', 40],
    ['epoch', 2],
    ['elapsed', 12],
    ['clock', Date.parse('2026-11-24T10:00:12.000Z')],
  ] as const)('%s has step 40 at %d', (axis, x) => {
    expect(stepPosition(run, 40, axis)).toBe(x);
  });

  it('has no position for a step before the first batch', () => {
    expect(stepPosition(emptyRun('empty'), 1, 'epoch')).toBeUndefined();
  });

  it('shows steps instead of epochs for a run that began without `run.started`, and has no epoch yet', () => {
    const events = sampleRun({ epochs: 1, batchesPerEpoch: 20 });
    const unannounced = emptyRun('20261124-100000-test');
    expect(knownAxis(unannounced, 'epoch')).toBe('epoch');
    for (const event of events.filter(({ type }) => type === 'batch')) applyEvent(unannounced, event);
    expect(knownAxis(unannounced, 'epoch')).toBe('step');
    for (const event of sampleRun({ epochs: 2, batchesPerEpoch: 20 })) applyEvent(unannounced, event);
    expect(knownAxis(unannounced, 'epoch')).toBe('epoch');
  });

  it('finds the rows within a range, both ends included', () => {
    expect(rowsInRange(positions('step'), { min: 10, max: 20 })).toEqual([9, 20]);
    expect(rowsInRange(positions('step'), { min: -5, max: 500 })).toEqual([0, 60]);
    expect(rowsInRange(positions('epoch'), { min: 1, max: 2 })).toEqual([19, 40]);
  });

  it('finds the last step at a time', () => {
    const time = Date.parse('2026-11-24T10:00:12.000Z');
    expect([stepAtTime(run, 0), stepAtTime(run, time - 1), stepAtTime(run, time)]).toEqual([0, 39, 40]);
  });

  it('keeps the visible rows when another axis is chosen', () => {
    expect(convertViewport({ kind: 'all' }, positions('step'), positions('clock'))).toEqual({ kind: 'all' });
    expect(
      convertViewport({ kind: 'fixed', min: 20, max: 40 }, positions('step'), positions('epoch')),
    ).toEqual({ kind: 'fixed', min: 1, max: 2 });
    expect(
      convertViewport({ kind: 'fixed', min: 6, max: 12 }, positions('elapsed'), positions('step')),
    ).toEqual({ kind: 'fixed', min: 20, max: 40 });
    expect(
      convertViewport({ kind: 'follow', width: 20 }, positions('step'), positions('elapsed')),
    ).toMatchObject({ kind: 'follow', width: expect.closeTo(6) });
  });
});
