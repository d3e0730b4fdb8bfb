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

/** Returns a curve that falls, jumps, explodes, has outliers and is not finite in places that depend on the seed. */
function anyCurve(seed: number): number[] {
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  let level = 2.3;
  return Array.from({ length: 80 }, () => {
    const chance = random();
    if (chance < 0.03) return Number.NaN;
    if (chance < 0.05) return level * 10 ** (10 * random() - 5);
    if (chance < 0.07) level *= 10 ** (4 * random() - 2);
    level *= chance > 0.6 ? 1.3 : 0.9;
    return level * (0.8 + 0.4 * random());
  });
}

/** Returns the smoothed value of a row by its definition, computed with lists. `halfWidth` is the number of values on each side. */
function definedValue(values: readonly number[], row: number, halfWidth: number): number {
  const value = values[row] as number;
  if (!Number.isFinite(value)) return Number.NaN;
  const earlier = values.slice(0, row).filter(Number.isFinite).reverse();
  const later = values.slice(row + 1).filter(Number.isFinite);
  const width = Math.min(earlier.length, halfWidth);
  const isNear = (other: readonly number[]) => {
    const bounds = [value, ...other.slice(0, Math.max(4, halfWidth))];
    const [lowest, highest] = [Math.min(...bounds), Math.max(...bounds)];
    const size = Math.max(...bounds.map(Math.abs));
    const margin = Math.max(1.5 * (highest - lowest), 0.5 * size);
    return ([each]: readonly [number, number]): boolean =>
      each >= lowest - margin && each <= highest + margin;
  };
  const weighted = (side: readonly number[]) =>
    side.slice(0, width).map((each, index) => [each, width - index] as const);
  const included = [
    [value, width + 1] as const,
    ...weighted(earlier).filter(later.length < 4 ? () => true : isNear(later)),
    ...weighted(later).filter(isNear(earlier)),
  ];
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  return sum(included.map(([each, weight]) => each * weight)) / sum(included.map(([, weight]) => weight));
}

describe('the smoothed curve', () => {
  it('equals the values without smoothing', () => {
    expect(smoothed([3, 1, 2], 0)).toEqual([3, 1, 2]);
  });

  it('is the mean of as many values after a row as before it, with weights that fall to both sides', () => {
    // 0.5 includes one value on each side: (1 · 1 + 2 · 5 + 1 · 9) / 4
    expect(smoothed([1, 5, 9, 2], 0.5)[1]).toBe(5);
    expect(smoothed([0, 4, 2, 8, 0, 4, 2], 0.6)).toEqual([0, 2.5, 30 / 9, 36 / 9, 28 / 9, 24 / 8, 14 / 6]);
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

  it('is the same before an explosion or an outlier as if the later values had not been sent', () => {
    const noise = Array.from({ length: 40 }, (_, row) => 1 + 0.1 * Math.sin(row * 12.9898));
    const explosion = [10, 100, 1e4, 1e8, 1e16, Number.NaN];
    for (const smoothing of [0.5, 0.85, 0.95, 0.99]) {
      const before = smoothed(noise, smoothing);
      expect(smoothed([...noise, ...explosion], smoothing).slice(0, 40)).toEqual(before);
      expect(smoothed([...noise, 50], smoothing).slice(0, 40)).toEqual(before);
    }
    const withOutlier = smoothed([...noise, 50, ...noise], 0.85);
    // The outlier itself counts: its row has a seventh of it.
    expect(withOutlier[40]).toBeCloseTo(50 / 7 + 6 / 7, 0);
    expect(Math.max(...withOutlier.filter((_, row) => row !== 40))).toBeLessThan(1.1);
  });

  it('follows a jump at once, and does not anticipate it', () => {
    const jump = [...Array<number>(20).fill(0.5), ...Array<number>(20).fill(0.1)];
    for (const [row, value] of smoothed(jump, 0.85).entries())
      expect(value).toBeCloseTo(jump[row] as number, 12);
  });

  it('includes the rare mistakes among accuracies of 1', () => {
    const accuracies = Array.from({ length: 200 }, (_, row) => (row % 20 === 10 ? 0.998 : 1));
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, each) => sum + each) / values.length;
    expect(mean(smoothed(accuracies, 0.85))).toBeCloseTo(mean(accuracies), 6);
  });

  it.each([
    [0.5, 1],
    [0.85, 6],
    [0.95, 19],
  ])('with %p, is the mean of up to %p values on each side, for any curve', (smoothing, halfWidth) => {
    for (let seed = 1; seed <= 100; seed++) {
      const values = anyCurve(seed);
      const expected = values.map((_, row) => definedValue(values, row, halfWidth));
      const isEqual = (value: number, other = Number.NaN): boolean =>
        Number.isNaN(other) ? Number.isNaN(value) : Math.abs(value - other) <= 1e-12 * Math.abs(other);
      const wrong = smoothed(values, smoothing).filter((value, row) => !isEqual(value, expected[row]));
      expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    }
  });

  it('is at least as smooth as the moving average', () => {
    for (const raw of [firstBatches.loss, firstBatches.accuracy])
      expect(roughness(smoothed(raw, 0.85).slice(10))).toBeLessThan(
        roughness(movingAverage(raw, 0.85).slice(10)),
      );
  });
});
