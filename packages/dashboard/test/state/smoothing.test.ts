import { describe, expect, it } from '@jest/globals';
import { smoothedAt } from '../../src/state/smoothing.ts';
import { firstBatches } from '../support/first-batches.ts';

const columnOf = (values: readonly number[], length = values.length) => ({
  values: Float64Array.from(values),
  length,
  generation: 0,
});
const smoothed = (values: readonly number[], smoothing: number): number[] =>
  values.map((_, row) => smoothedAt(columnOf(values), row, smoothing));

/** Returns the value that the viewer of a live run sees at each row: the smoothed one when the row is the last. */
const smoothedOnArrival = (values: readonly number[], smoothing: number): number[] =>
  values.map((_, row) => smoothedAt(columnOf(values, row + 1), row, smoothing));

/** Returns the debiased moving average that the page drew until the curve was centred. */
function movingAverage(values: readonly number[], weight: number): number[] {
  let [mean, bias] = [0, 1];
  return values.map((value) => {
    mean = weight * mean + (1 - weight) * value;
    bias *= weight;
    return mean / (1 - bias);
  });
}

/** Counts the rows whose smoothed value is outside of the raw values in a window around the row. */
function outside(
  smooth: readonly number[],
  raw: readonly number[],
  [before, after]: readonly [number, number],
): { above: number; below: number } {
  const windowOf = (row: number) => raw.slice(Math.max(0, row - before), row + after + 1);
  return {
    above: smooth.filter((value, row) => value > Math.max(...windowOf(row))).length,
    below: smooth.filter((value, row) => value < Math.min(...windowOf(row))).length,
  };
}

/** Returns the sum of the changes of slope of a curve: the smoother, the smaller. */
const roughness = (values: readonly number[]): number =>
  values.slice(2).reduce((sum, value, row) => {
    const [first, second] = values.slice(row, row + 2) as [number, number];
    return sum + Math.abs(value - 2 * second + first);
  }, 0);

describe('the smoothed curve', () => {
  it('equals the values without smoothing', () => {
    expect(smoothed([3, 1, 2], 0)).toEqual([3, 1, 2]);
  });

  it('is the mean of as many values after a row as before it, with weights that fall to both sides', () => {
    // 0.5 includes one value on each side: (1 · 1 + 2 · 5 + 1 · 9) / 4
    expect(smoothed([1, 5, 9, 2], 0.5)[1]).toBe(5);
    expect(smoothed([0, 0, 0, 8, 0, 0, 0], 0.6)).toEqual([0, 0, 16 / 9, 24 / 9, 16 / 9, 8 / 8, 0]);
  });

  it('is a straight line where the values are one, except for the last rows', () => {
    const line = Array.from({ length: 50 }, (_, row) => 3 - row / 20);
    for (const [row, value] of smoothed(line, 0.85).slice(0, -6).entries())
      expect(value).toBeCloseTo(line[row] as number, 12);
  });

  it('begins at the first value, and is never outside of the values around it', () => {
    const values = [9, 1, 4, 1, 5, 9, 2, 6, 5, 3];
    const curve = smoothed(values, 0.9);
    expect(curve[0]).toBe(9);
    expect(outside(curve, values, [9, 9])).toEqual({ above: 0, below: 0 });
  });

  it('is NaN where a value is not finite, and leaves it out of the means around it', () => {
    const curve = smoothed([1, Number.NaN, Number.POSITIVE_INFINITY, 1, 1], 0.5);
    expect(curve[1]).toBeNaN();
    expect(curve[2]).toBeNaN();
    expect([curve[0], curve[3], curve[4]]).toEqual([1, 1, 1]);
  });

  it('averages as many values of a column that has one in every tenth row', () => {
    const values = [4, 1, 7, 2, 5, 3, 8, 2, 6];
    const sparse = values.flatMap((value) => [value, ...Array<number>(9).fill(Number.NaN)]);
    const dense = smoothed(values, 0.85);
    for (const [index, value] of dense.entries())
      expect(smoothedAt(columnOf(sparse), index * 10, 0.85)).toBe(value);
  });

  it.each(['loss', 'accuracy'] as const)(
    'of a real %s does not lag in the first batches, unlike a moving average',
    (column) => {
      const raw = firstBatches[column];
      const average = outside(movingAverage(raw, 0.85), raw, [4, 0]);
      expect(average).toEqual(column === 'loss' ? { above: 36, below: 0 } : { above: 0, below: 40 });
      // As each batch arrives, the curve ends within the last five raw values; as soon as later ones have arrived, it is within
      // the seven around each batch.
      expect(outside(smoothedOnArrival(raw, 0.85), raw, [4, 0])).toEqual({ above: 0, below: 0 });
      expect(outside(smoothed(raw, 0.85), raw, [3, 3])).toEqual({ above: 0, below: 0 });
    },
  );

  it('is at least as smooth as the moving average', () => {
    for (const raw of [firstBatches.loss, firstBatches.accuracy])
      expect(roughness(smoothed(raw, 0.85).slice(10))).toBeLessThan(
        roughness(movingAverage(raw, 0.85).slice(10)),
      );
  });
});
