import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MinMaxPyramid, type RowSelection } from '../../src/state/min-max-pyramid.ts';
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

  /** Returns the rows of a selection by comparing all rows of each bucket. */
  function compareAll(values: Float64Array, { from, to, buckets }: RowSelection): number[] {
    if (to - from <= 2 * buckets) return [...values.keys()].slice(from, to);
    const size = 2 ** Math.ceil(Math.log2((to - from) / buckets));
    const rows: number[] = [];
    for (let start = Math.floor(from / size) * size; start < to; start += size) {
      const finite = [...values.keys()]
        .slice(start, start + size)
        .filter((row) => Number.isFinite(values[row]));
      const ordered = finite.toSorted((a, b) => values[a]! - values[b]!);
      const highest = finite.toSorted((a, b) => values[b]! - values[a]!)[0];
      rows.push(...[...new Set([ordered[0] ?? start, highest ?? start])].sort((a, b) => a - b));
    }
    if (to === values.length && rows.at(-1) !== to - 1) rows.push(to - 1);
    return rows;
  }

  it('selects the lowest and the highest row of each bucket, of 2 rows and of thousands', () => {
    // Few different values, so that several rows of a bucket have the same one: the first of them is selected.
    const value = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(Number.NaN, Infinity, -Infinity));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 400, size: 'max' }),
        fc.array(fc.nat(400), { maxLength: 4 }),
        fc.tuple(fc.nat(400), fc.nat(400)),
        fc.integer({ min: 1, max: 200 }),
        (list, lengths, ends, buckets) => {
          const values = Float64Array.from(list);
          const pyramid = new MinMaxPyramid();
          for (const length of lengths.sort((a, b) => a - b).filter((each) => each < values.length))
            pyramid.select(columnOf(values, length), { from: 0, to: length, buckets: 1 });
          const [from, to] = ends.map((end) => Math.min(end, values.length)).sort((a, b) => a - b) as [
            number,
            number,
          ];
          for (const selection of [
            { from, to, buckets },
            { from: 0, to: values.length, buckets },
          ])
            expect(pyramid.select(columnOf(values), selection)).toEqual(compareAll(values, selection));
        },
      ),
    );
  });

  it('starts over when existing rows have changed', () => {
    const pyramid = new MinMaxPyramid();
    pyramid.select(columnOf(wave), { from: 0, to: wave.length, buckets: 10 });
    // With other extremes: those of the negated wave would be the same rows.
    const other = wave.map((_, row) => Math.cos(row / 7));
    expect(pyramid.select(columnOf(other, 10_000, 1), { from: 0, to: 10_000, buckets: 10 })).toEqual(
      select(other, 10_000, 10),
    );
  });
});
