import { describe, expect, it } from '@jest/globals';
import { MinMaxPyramid } from '../../src/state/min-max-pyramid.ts';
import type { Column } from '../../src/state/series.ts';

const wave = Float64Array.from({ length: 10_000 }, (_, index) => Math.sin(index / 50));
const columnOf = (values: Float64Array, length = values.length, generation = 0): Column => ({
  values,
  length,
  generation,
});
const select = (values: Float64Array, length: number, buckets: number): number[] =>
  new MinMaxPyramid().select(columnOf(values, length), { from: 0, to: length, buckets });

describe('downsampling', () => {
  it('keeps all rows when there is room', () => {
    expect(select(wave, 5, 100)).toEqual([0, 1, 2, 3, 4]);
    expect(select(wave, 0, 100)).toEqual([]);
  });

  it('keeps spikes, the last row and the order, within two rows a bucket', () => {
    const values = wave.slice();
    values[4_321] = 99;
    const rows = select(values, values.length, 300);
    expect(rows).toContain(4_321);
    expect(rows.at(-1)).toBe(9_999);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect(rows.length).toBeLessThanOrEqual(601);
  });

  it('keeps drawn rows while others are appended', () => {
    const pyramid = new MinMaxPyramid();
    const before = pyramid.select(columnOf(wave, 9_000), { from: 0, to: 9_000, buckets: 300 });
    const after = pyramid.select(columnOf(wave, 9_100), { from: 0, to: 9_100, buckets: 300 });
    const settled = before.filter((row) => row < 8_900);
    expect(after.slice(0, settled.length)).toEqual(settled);
  });

  it('skips values that are not finite, and keeps one row of a bucket that has only such values', () => {
    const values = wave.slice();
    values.fill(Number.NaN, 5_000, 7_000);
    const rows = select(values, values.length, 300);
    expect(rows.some((row) => row > 5_100 && row < 6_900)).toBe(true);
    expect(rows.filter((row) => row < 5_000).every((row) => Number.isFinite(values[row]))).toBe(true);
  });

  it.each([1, 7, 100, 4_096])('is the same however many rows are processed at a time: %i', (step) => {
    const pyramid = new MinMaxPyramid();
    for (let length = step; length < wave.length; length += step)
      pyramid.select(columnOf(wave, length), { from: 0, to: length, buckets: 10 });
    for (const buckets of [3, 40, 300, 2_000])
      expect(pyramid.select(columnOf(wave), { from: 0, to: wave.length, buckets })).toEqual(
        select(wave, wave.length, buckets),
      );
  });

  it('keeps every row of a small selection, and at most two per bucket of a large one', () => {
    const rows = new MinMaxPyramid().select(columnOf(wave), { from: 5_000, to: 5_100, buckets: 300 });
    expect(rows).toEqual(Array.from({ length: 100 }, (_, index) => 5_000 + index));
    const thinned = new MinMaxPyramid().select(columnOf(wave), { from: 2_000, to: 8_000, buckets: 100 });
    expect(thinned.length).toBeLessThanOrEqual(200);
    expect(thinned[0]).toBeLessThanOrEqual(2_064);
    expect(thinned.at(-1)).toBeGreaterThan(7_900);
  });

  it('starts over when existing rows have changed', () => {
    const pyramid = new MinMaxPyramid();
    pyramid.select(columnOf(wave), { from: 0, to: wave.length, buckets: 10 });
    const other = wave.map((value) => -value);
    expect(pyramid.select(columnOf(other, 10_000, 1), { from: 0, to: 10_000, buckets: 10 })).toEqual(
      select(other, 10_000, 10),
    );
  });
});
