import type { Column } from './series.ts';

/** The smallest stored buckets have `2 ** firstBits` rows: scanning smaller ones is faster than storing them. */
const firstBits = 4;

/**
 * A level of the pyramid: for each bucket of `2 ** bits` rows, the rows of its lowest and highest finite value, or -1 if it has
 * none.
 */
interface Level {
  bits: number;
  lowest: Int32Array<ArrayBuffer>;
  highest: Int32Array<ArrayBuffer>;
}

/** The rows to choose from, and the number of buckets that fit on the screen. */
export interface RowSelection {
  from: number;
  /** The row after the last. */
  to: number;
  buckets: number;
}

/**
 * Downsamples a growing column to the lowest and highest value of each bucket of rows, so that no spike is lost. The
 * rows of these values are stored for buckets of 16 rows, of 32, of 64, and so on, so that `select` takes time
 * proportional to the number of buckets, not of rows. Appending a row costs O(log rows).
 */
export class MinMaxPyramid {
  readonly #levels: Level[] = [];
  #processed = 0;
  #generation = -1;

  /**
   * Returns the rows to draw, ascending: the lowest and the highest of each bucket, and the column's last row if it is
   * selected. Returns all selected rows when there are at most two per bucket. Buckets begin at fixed rows, so that drawn points
   * stay in place while rows are appended; the outer buckets may reach beyond the selection.
   */
  select(column: Column, { from, to, buckets }: RowSelection): number[] {
    this.#update(column);
    const count = to - from;
    if (count <= 2 * buckets) return Array.from({ length: Math.max(0, count) }, (_, index) => from + index);
    const bits = Math.ceil(Math.log2(count / buckets));
    const rows: number[] = [];
    for (let bucket = from >> bits; bucket << bits < to; bucket++) {
      const [lowest, highest] = this.#bucketExtremes(column, bits, bucket);
      // A bucket without a finite value is represented by its first row.
      if (lowest < 0) rows.push(bucket << bits);
      else if (lowest === highest) rows.push(lowest);
      else rows.push(Math.min(lowest, highest), Math.max(lowest, highest));
    }
    if (rows.at(-1) !== to - 1 && to === column.length) rows.push(to - 1);
    return rows;
  }

  #update(column: Column): void {
    if (column.generation !== this.#generation) {
      this.#generation = column.generation;
      this.#processed = 0;
      for (const { lowest, highest } of this.#levels) {
        lowest.fill(-1);
        highest.fill(-1);
      }
    }
    while (1 << (firstBits + this.#levels.length) < column.length) this.#addLevel(column);
    for (const level of this.#levels) addRows(level, column, this.#processed);
    this.#processed = column.length;
  }

  #addLevel(column: Column): void {
    const level = {
      bits: firstBits + this.#levels.length,
      lowest: emptyBuckets(8),
      highest: emptyBuckets(8),
    };
    addRows(level, { ...column, length: this.#processed }, 0);
    this.#levels.push(level);
  }

  #bucketExtremes(
    { values, length }: Column,
    bits: number,
    bucket: number,
  ): readonly [lowest: number, highest: number] {
    const level = this.#levels[bits - firstBits];
    if (level) return [level.lowest[bucket] as number, level.highest[bucket] as number];
    let lowest = -1;
    let highest = -1;
    for (let row = bucket << bits; row < Math.min((bucket + 1) << bits, length); row++) {
      const value = values[row] as number;
      if (!Number.isFinite(value)) continue;
      if (lowest < 0 || value < (values[lowest] as number)) lowest = row;
      if (highest < 0 || value > (values[highest] as number)) highest = row;
    }
    return [lowest, highest];
  }
}

/** Adds the rows from `from` on to a level. */
function addRows(level: Level, { values, length }: Column, from: number): void {
  const buckets = ((length - 1) >> level.bits) + 1;
  if (buckets > level.lowest.length) {
    level.lowest = grown(level.lowest, buckets);
    level.highest = grown(level.highest, buckets);
  }
  const { bits, lowest, highest } = level;
  for (let row = from; row < length; row++) {
    const value = values[row] as number;
    if (!Number.isFinite(value)) continue;
    const bucket = row >> bits;
    const low = lowest[bucket] as number;
    const high = highest[bucket] as number;
    if (low < 0 || value < (values[low] as number)) lowest[bucket] = row;
    if (high < 0 || value > (values[high] as number)) highest[bucket] = row;
  }
}

const emptyBuckets = (length: number): Int32Array<ArrayBuffer> => new Int32Array(length).fill(-1);

function grown(values: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const result = emptyBuckets(Math.max(length, values.length * 2));
  result.set(values);
  return result;
}
