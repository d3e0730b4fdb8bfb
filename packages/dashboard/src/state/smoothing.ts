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

/**
 * Returns a column's smoothed value in a row: the mean of the finite values around it, with weights that fall to 0 on both
 * sides in equal steps. As many values follow the row as precede it, so that the curve does not lag where the values change
 * fast. After the first values, the mean includes fewer on both sides. The last values lack later ones: their means
 * include the earlier ones only, and change when later ones arrive. No weight is negative, so that a mean is never outside of
 * its values.
 * @returns NaN in a row whose value is not finite.
 */
export function smoothedAt({ values, length }: Column, row: number, smoothing: number): number {
  const value = values[row] as number;
  const halfWidth = halfWidthOf(smoothing);
  if (halfWidth === 0 || !Number.isFinite(value)) return Number.isFinite(value) ? value : Number.NaN;
  const first = Math.max(0, row - searchLimit);
  const last = Math.min(length - 1, row + searchLimit);
  let before = 0;
  for (let at = row - 1; at >= first && before < halfWidth; at--)
    if (Number.isFinite(values[at] as number)) before++;
  // Fewer earlier values than wanted begin the run: as many later ones keep the mean in the middle.
  const width = before;
  let sum = value * (width + 1);
  let weights = width + 1;
  for (let at = row - 1, weight = width; at >= first && weight > 0; at--) {
    const each = values[at] as number;
    if (!Number.isFinite(each)) continue;
    sum += weight * each;
    weights += weight--;
  }
  for (let at = row + 1, weight = width; at <= last && weight > 0; at++) {
    const each = values[at] as number;
    if (!Number.isFinite(each)) continue;
    sum += weight * each;
    weights += weight--;
  }
  return sum / weights;
}
