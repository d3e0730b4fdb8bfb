import type { Column } from './series.ts';

/** A range of x, both ends included, over which a column is NaN or infinite. */
export interface NonFiniteRange {
  from: number;
  to: number;
  /** The column's value at `from`: NaN, Infinity or -Infinity. */
  value: number;
}

/**
 * Maximum number of ranges, for columns in which finite and other values alternate: beyond it, the last range is
 * extended.
 */
const rangeLimit = 500;

/** Finds the ranges in which a growing column is not finite. Each new row costs O(1). */
export class NonFiniteRanges {
  #ranges: NonFiniteRange[] = [];
  #processed = 0;
  #generation = -1;

  /** Processes new rows of the column and returns all ranges; `x` has an entry for each row. */
  update(x: Float64Array, column: Column): readonly NonFiniteRange[] {
    if (column.generation !== this.#generation) {
      this.#generation = column.generation;
      this.#processed = 0;
      this.#ranges = [];
    }
    for (let row = this.#processed; row < column.length; row++) {
      const value = column.values[row] as number;
      if (Number.isFinite(value)) continue;
      const last = this.#ranges.at(-1);
      const here = x[row] as number;
      const adjacent = row > 0 && last?.to === x[row - 1];
      if (last && (adjacent || this.#ranges.length >= rangeLimit)) last.to = here;
      else this.#ranges.push({ from: here, to: here, value });
    }
    this.#processed = column.length;
    return this.#ranges;
  }
}
