import type { Column } from './series.ts';

/**
 * Exponential moving average of a growing column, debiased as in Adam (Kingma and Ba, 2015, section 3), so that the
 * first points are not drawn towards zero. Each new row costs O(1). After a change of the weight or of existing
 * rows (a new `generation` of the column), all rows are computed again. Values that are not finite are left out of the
 * average; it is NaN at their rows.
 */
export class MovingAverage {
  #values = new Float64Array(1_024);
  #processed = 0;
  #generation = -1;
  #weight = 0;
  #mean = 0;
  /** `weight ** (number of finite points)`: the share of the mean that is still its initial zero. */
  #bias = 1;

  /**
   * Processes new rows of the column and returns the average at each row; entries from `column.length` on are unused.
   * @param weight From 0 (the values themselves) to below 1.
   */
  update(column: Column, weight: number): Float64Array {
    if (column.generation !== this.#generation || weight !== this.#weight) {
      this.#generation = column.generation;
      this.#weight = weight;
      this.#processed = 0;
      this.#mean = 0;
      this.#bias = 1;
    }
    if (this.#values.length < column.length) {
      const grown = new Float64Array(Math.max(column.length, this.#values.length * 2));
      grown.set(this.#values.subarray(0, this.#processed));
      this.#values = grown;
    }
    for (let row = this.#processed; row < column.length; row++) {
      const value = column.values[row] as number;
      if (Number.isFinite(value)) {
        this.#mean = weight * this.#mean + (1 - weight) * value;
        this.#bias *= weight;
        this.#values[row] = this.#mean / (1 - this.#bias);
      } else this.#values[row] = Number.NaN;
    }
    this.#processed = column.length;
    return this.#values;
  }
}
