import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { convertWindow, type PlacedSeries, placeOfStep, placesOf, rowsWithin } from '../../src/state/axis.ts';
import { applyEvent, emptyRun } from '../../src/state/run.ts';

const run = emptyRun('20261124-100000-test');
for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 20 })) applyEvent(run, event);
const series = run.steps as PlacedSeries;
const places = (axis: Parameters<typeof placesOf>[1]) => placesOf(series, axis, 20);

describe('an axis', () => {
  it('places batches by number, epoch, training time and clock', () => {
    const at = (axis: Parameters<typeof placesOf>[1]) => placeOfStep(series, 40, places(axis));
    expect([at('step'), at('epoch'), at('elapsed'), at('clock')]).toEqual([
      40,
      2,
      12,
      Date.parse('2026-11-24T10:00:12.000Z'),
    ]);
  });

  it('finds the rows within a range, both ends included', () => {
    expect(rowsWithin(places('step'), { min: 10, max: 20 })).toEqual([9, 20]);
    expect(rowsWithin(places('step'), { min: -5, max: 500 })).toEqual([0, 60]);
    expect(rowsWithin(places('epoch'), { min: 1, max: 2 })).toEqual([19, 40]);
  });

  it('keeps the stretch that is shown when another axis is chosen', () => {
    expect(convertWindow({ kind: 'fixed', min: 20, max: 40 }, places('step'), places('epoch'))).toEqual({
      kind: 'fixed',
      min: 1,
      max: 2,
    });
    const back = convertWindow({ kind: 'fixed', min: 6, max: 12 }, places('elapsed'), places('step'));
    expect(back).toMatchObject({ kind: 'fixed' });
    if (back.kind === 'fixed') expect([back.min, back.max]).toEqual([20, 40]);
    expect(convertWindow({ kind: 'all' }, places('step'), places('clock'))).toEqual({ kind: 'all' });
    const follow = convertWindow({ kind: 'follow', width: 20 }, places('step'), places('elapsed'));
    expect(follow).toMatchObject({ kind: 'follow' });
    if (follow.kind === 'follow') expect(follow.width).toBeCloseTo(6);
  });
});
