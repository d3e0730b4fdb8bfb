import type { Column } from './smooth.ts';

/** Rows of the smallest bucket that is kept, as a power of two: smaller ones are quicker to look through than to keep. */
const firstBits = 4;

/** Of each bucket of `2 ** bits` rows, the row of the lowest and of the highest finite value; -1 for none. */
interface Level {
  bits: number;
  lowest: Int32Array<ArrayBuffer>;
  highest: Int32Array<ArrayBuffer>;
}

/** Which rows of a column to choose from, and how many buckets there is room for. */
export interface Selection {
  from: number;
  /** Behind the last. */
  to: number;
  buckets: number;
}

/**
 * Knows the lowest and the highest value of every bucket of a column, for buckets of each power of two of rows, and
 * follows the column as it grows. So what to draw is found in a time that depends on the room there is, not on how
 * many rows there are, and no spike is lost.
 */
export class Extremes {
  readonly #levels: Level[] = [];
  #done = 0;
  #generation = -1;

  /**
   * The rows to draw, ascending: of each bucket the lowest and the highest, and the last row. All of them when there
   * are few: more than two to a bucket would not look different, and drawing them costs. Buckets begin at fixed rows,
   * so that what is drawn stays where it is while rows are appended; the outer ones may reach beyond the selection.
   */
  select(column: Column, { from, to, buckets }: Selection): number[] {
    this.#follow(column);
    const count = to - from;
    if (count <= 2 * buckets) return Array.from({ length: Math.max(0, count) }, (_, at) => from + at);
    const bits = Math.ceil(Math.log2(count / buckets));
    const rows: number[] = [];
    for (let bucket = from >> bits; bucket << bits < to; bucket++) {
      const [lowest, highest] = this.#of(column, bits, bucket);
      if (lowest < 0) rows.push(bucket << bits);
      else if (lowest === highest) rows.push(lowest);
      else rows.push(Math.min(lowest, highest), Math.max(lowest, highest));
    }
    if (rows.at(-1) !== to - 1 && to === column.length) rows.push(to - 1);
    return rows;
  }

  #follow(column: Column): void {
    if (column.generation !== this.#generation) {
      this.#generation = column.generation;
      this.#done = 0;
      for (const { lowest, highest } of this.#levels) {
        lowest.fill(-1);
        highest.fill(-1);
      }
    }
    while (1 << (firstBits + this.#levels.length) < column.length) this.#addLevel(column);
    for (const level of this.#levels) enter(level, column, this.#done);
    this.#done = column.length;
  }

  #addLevel(column: Column): void {
    const level = { bits: firstBits + this.#levels.length, lowest: none(8), highest: none(8) };
    enter(level, { ...column, length: this.#done }, 0);
    this.#levels.push(level);
  }

  #of({ values, length }: Column, bits: number, bucket: number): readonly [lowest: number, highest: number] {
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

/** Takes the rows from `from` on into a level. */
function enter(level: Level, { values, length }: Column, from: number): void {
  const buckets = ((length - 1) >> level.bits) + 1;
  if (buckets > level.lowest.length) {
    level.lowest = longer(level.lowest, buckets);
    level.highest = longer(level.highest, buckets);
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

const none = (length: number): Int32Array<ArrayBuffer> => new Int32Array(length).fill(-1);

function longer(values: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const grown = none(Math.max(length, values.length * 2));
  grown.set(values);
  return grown;
}
