import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lowerBound, nearest, Series } from '../../src/state/series.ts';

const xs = (series: Series<'y'>): number[] => [...series.x.subarray(0, series.length)];
const ys = (series: Series<'y'>): number[] => [...series.columns.y.subarray(0, series.length)];

describe('a series', () => {
  it('grows beyond its initial capacity', () => {
    const series = new Series(['y']);
    for (let x = 1; x <= 5_000; x++) series.append(x, { y: x / 2 });
    expect(series.length).toBe(5_000);
    expect(series.x[4_999]).toBe(5_000);
    expect(series.columns.y[4_999]).toBe(2_500);
    expect(series.generation).toBe(0);
  });

  it('replaces the rows from a step that is repeated', () => {
    const series = new Series(['y']);
    for (const x of [1, 2, 3, 4]) series.append(x, { y: x });
    series.append(3, { y: 30 });
    expect(xs(series)).toEqual([1, 2, 3]);
    expect(ys(series)).toEqual([1, 2, 30]);
    expect(series.generation).toBe(1);
  });

  it('keeps x unique and ascending', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (appended) => {
        const series = new Series(['y'], 16);
        for (const x of appended) series.append(x, { y: x });
        const kept = xs(series);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        expect(kept.at(-1)).toBe(appended.at(-1));
      }),
    );
  });

  it('holds no more rows than its limit, and keeps a spike when thinned', () => {
    const series = new Series(['y'], 64);
    for (let x = 1; x <= 1_000; x++) series.append(x, { y: x === 7 ? 100 : 1 });
    expect(series.length).toBeLessThanOrEqual(64);
    expect(series.length + series.thinned).toBe(1_000);
    expect(ys(series)).toContain(100);
    expect(xs(series).at(-1)).toBe(1_000);
  });

  it('keeps the rows of a long run evenly spaced, with its spikes and its values that are not finite', () => {
    const series = new Series(['y'], 1_024);
    const special = new Map([
      [7, 100],
      [40_000, -100],
      [60_000, Number.NaN],
    ]);
    const last = 100_000;
    for (let x = 1; x <= last; x++) series.append(x, { y: special.get(x) ?? Math.sin(x) });
    expect(series.length).toBeLessThanOrEqual(1_024);
    const kept = xs(series);
    const gaps = kept.slice(1).map((x, row) => x - (kept[row] as number));
    // Two cells of the last thinning, which left the newest eighth as it was.
    expect(Math.max(...gaps)).toBeLessThan((2 * last) / Math.floor(896 / 6));
    // Half of the rows cover the time before the newest rows, as far as they were thinned.
    expect(kept.filter((x) => x <= last * 0.99).length).toBeGreaterThan(256);
    for (const [x, y] of special) expect(series.at('y', x)).toBe(y);
    expect(kept.at(-1)).toBe(last);
  });

  it('keeps the lowest, the highest and the first non-finite value of each cell when it is thinned', () => {
    const value = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ step: fc.integer({ min: 1, max: 9 }), y: value }), {
          minLength: 49,
          maxLength: 49,
        }),
        (rows) => {
          const series = new Series(['y'], 48);
          let x = 0;
          const appended = rows.map(({ step, y }) => {
            x += step;
            series.append(x, { y });
            return { x, y };
          });
          // The newest eighth of the 48 rows stays, and so does the first row; the others are in 7 cells.
          const [first, older, newest] = [appended[0]!, appended.slice(1, 42), appended.slice(42)];
          const width = (newest[0]!.x - first.x) / 7;
          const cells = Array.from({ length: 7 }, (_, cell) =>
            older.filter((row) => Math.floor((row.x - first.x) / width) === cell),
          );
          const kept = cells.flatMap((cell) => {
            const finite = cell.filter(({ y }) => Number.isFinite(y));
            const chosen = [
              finite.toSorted((a, b) => a.y - b.y)[0],
              finite.toSorted((a, b) => b.y - a.y)[0],
              cell.find(({ y }) => !Number.isFinite(y)),
            ];
            return cell.filter((row) => chosen.includes(row));
          });
          const expected = [first, ...kept, ...newest];
          expect(xs(series)).toEqual(expected.map((row) => row.x));
          expect(ys(series)).toEqual(expected.map((row) => row.y));
          expect([series.thinned, series.generation]).toEqual([49 - expected.length, 1]);
        },
      ),
    );
  });

  it('knows which columns had values and which lacked some, and the lowest value of each', () => {
    const series = new Series(['y', 'rare', 'never']);
    series.append(1, { y: 3, rare: undefined, never: undefined });
    series.append(2, { y: -2, rare: 7, never: undefined });
    series.append(3, { y: Number.NaN, rare: 7, never: undefined });
    expect([...series.known]).toEqual(['y', 'rare']);
    expect([...series.sparse]).toEqual(['rare', 'never']);
    expect([...series.lowest]).toEqual([
      ['y', -2],
      ['rare', 7],
    ]);
    expect([series.last('rare'), series.last('never')]).toEqual([7, Number.NaN]);
    expect(new Series(['y']).last('y')).toBeUndefined();
  });

  it('lowers an ascending column to a maximum, and counts that as a change only when values were above it', () => {
    const series = new Series(['y']);
    for (const x of [1, 2, 3, 4]) series.append(x, { y: x * 10 });
    series.clampToMax('y', 50);
    expect([ys(series), series.generation]).toEqual([[10, 20, 30, 40], 0]);
    series.clampToMax('y', 25);
    expect([ys(series), series.generation]).toEqual([[10, 20, 25, 25], 1]);
  });

  it('is copied with its rows and marks, and the copy grows by itself', () => {
    const series = new Series(['y'], 48);
    for (let x = 1; x <= 50; x++) series.append(x, { y: x });
    const copy = series.copy();
    expect(copy.parts()).toEqual(series.parts());
    expect(copy.thinned).toBeGreaterThan(0);
    for (let x = 51; x <= 200; x++) copy.append(x, { y: x });
    expect(copy.length).toBeLessThanOrEqual(48);
    expect([series.last('y'), copy.last('y')]).toEqual([50, 200]);
  });

  it('returns the value at a step, or at the last one before it', () => {
    const series = new Series(['y']);
    series.append(10, { y: 1 });
    series.append(20, { y: 2 });
    expect([5, 10, 15, 20, 99].map((x) => series.at('y', x))).toEqual([undefined, 1, 1, 2, 2]);
  });
});

it.each([
  [0, 0],
  [1, 0],
  [2, 1],
  [5, 2],
  [6, 3],
])('lowerBound of %d among 1, 3, 5 is %d', (value, index) => {
  expect(lowerBound([1, 3, 5, 0, 0], 3, value)).toBe(index);
});

it.each([
  [0, 0],
  [2, 1],
  [2.9, 1],
  [3.9, 1],
  [4.1, 2],
  [9, 2],
])('the nearest to %d among 1, 3, 5 is %d', (value, index) => {
  expect(nearest([1, 3, 5, 0, 0], 3, value)).toBe(index);
  expect(nearest([], 0, value)).toBe(-1);
});

it('a thinned copy has at most the limit of rows, knows what it lacks, and leaves the series as it is', () => {
  const series = new Series(['y', 'rare']);
  for (let x = 1; x <= 1_000; x++) series.append(x, { y: x === 7 ? 100 : 1, rare: x === 3 ? 5 : undefined });
  const copy = series.thinnedCopy(64);
  expect(copy.length).toBeLessThanOrEqual(64);
  expect(copy.length + copy.thinned).toBe(1_000);
  expect([...copy.columns.y.subarray(0, copy.length)]).toContain(100);
  expect([copy.known, copy.sparse, copy.lowest]).toEqual([series.known, series.sparse, series.lowest]);
  expect(series.length).toBe(1_000);
  copy.append(1_001, { y: 3, rare: undefined });
  expect(copy.last('y')).toBe(3);
});
