import type { Column } from './series.ts';

/**
 * Maximum number of rows to look through on each side: a column may have values in few of its rows, or end with many that are
 * not finite.
 */
const searchLimit = 4_096;

/**
 * Returns the number of values on each side of a row that its mean includes. A moving average of this weight lags behind by
 * as many rows, and is about as smooth.
 * @param smoothing From 0 (off) to below 1.
 */
const halfWidthOf = (smoothing: number): number => Math.ceil(smoothing / (1 - smoothing) - 1e-9);

/** Least number of values on one side of a row that those on the other side are compared with. */
const minCompared = 4;
/**
 * Distance from the range of values on one side beyond which values on the other side are far outside, as a multiple of that range and
 * as a share of its largest value: without the latter, one mistake among accuracies of 1 would be far outside.
 */
const [farRange, farShare] = [1.5, 0.5];

/**
 * Returns a column's smoothed value in a row: the mean of the finite values around it, with weights that fall to 0 on both
 * sides in equal steps. As many values follow the row as precede it, so that the curve does not lag where the values change
 * fast. After the first values, the mean includes fewer on both sides. The last values lack later ones: their means
 * include the earlier ones only, and change when later ones arrive. No weight is negative, so that a mean is never outside of
 * its values.
 *
 * Values that are far outside of the range of the row and those on its other side are left out. So the curve does not rise before an
 * explosion or around an outlier, and follows a jump at once.
 * @returns NaN in a row whose value is not finite.
 */
export function smoothedAt({ values, length }: Column, row: number, smoothing: number): number {
  const value = values[row] as number;
  const halfWidth = halfWidthOf(smoothing);
  if (halfWidth === 0 || !Number.isFinite(value)) return Number.isFinite(value) ? value : Number.NaN;
  const compared = Math.max(halfWidth, minCompared);
  const earlier = { from: row - 1, to: Math.max(-1, row - 1 - searchLimit), step: -1 };
  const later = { from: row + 1, to: Math.min(length, row + 1 + searchLimit), step: 1 };
  const before = rangeOf(values, earlier, { value, limit: compared });
  const after = rangeOf(values, later, { value, limit: compared });
  // Fewer earlier values than wanted begin the run: as many later ones keep the mean in the middle.
  const width = Math.min(before.count, halfWidth);
  let sum = value * (width + 1);
  let weights = width + 1;
  const add = ({ from, to, step }: Rows, { lowest, highest }: Bounds): void => {
    for (let at = from, weight = width; at !== to && weight > 0; at += step) {
      const each = values[at] as number;
      if (!Number.isFinite(each)) continue;
      if (each >= lowest && each <= highest) {
        sum += weight * each;
        weights += weight;
      }
      weight--;
    }
  };
  add(earlier, after.count < minCompared ? unbounded : widened(after));
  add(later, widened(before));
  return sum / weights;
}

/** Rows on one side of a row: from the nearest one up to `to`, which is not included. */
interface Rows {
  from: number;
  to: number;
  step: number;
}

interface Bounds {
  lowest: number;
  highest: number;
}

const unbounded: Bounds = { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY };

/** Returns the range of a value and the nearest finite values on one side of it, at most `limit`, and how many these are. */
function rangeOf(
  values: Float64Array,
  { from, to, step }: Rows,
  { value, limit }: { value: number; limit: number },
): Bounds & { count: number } {
  let [lowest, highest, count] = [value, value, 0];
  for (let at = from; at !== to && count < limit; at += step) {
    const each = values[at] as number;
    if (!Number.isFinite(each)) continue;
    if (each < lowest) lowest = each;
    if (each > highest) highest = each;
    count++;
  }
  return { lowest, highest, count };
}

/** Returns the bounds beyond which values are far outside of a range. */
function widened({ lowest, highest }: Bounds): Bounds {
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const margin = Math.max((highest - lowest) * farRange, size * farShare);
  return { lowest: lowest - margin, highest: highest + margin };
}
