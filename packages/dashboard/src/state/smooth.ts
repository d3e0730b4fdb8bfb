/** One column of a series, as far as it is filled. */
export interface Column {
  values: Float64Array;
  length: number;
  generation: number;
}

/**
 * Exponential moving average of a column, debiased as Adam does (Kingma and Ba, 2015, section 3), so that the first
 * points are not drawn towards zero. Follows the column point by point; a new weight or generation begins again.
 * What is not finite stays out of the average and is NaN in the result.
 */
export class Smoothed {
  values = new Float64Array(1_024);
  #done = 0;
  #generation = -1;
  #weight = 0;
  #mean = 0;
  /** weight ^ (number of finite points): what the average still owes to its start at zero. */
  #bias = 1;

  /** Takes in what is new. `weight` is from 0 (the raw points) to below 1. */
  follow(column: Column, weight: number): Float64Array {
    if (column.generation !== this.#generation || weight !== this.#weight) {
      this.#generation = column.generation;
      this.#weight = weight;
      this.#done = 0;
      this.#mean = 0;
      this.#bias = 1;
    }
    if (this.values.length < column.length) {
      const grown = new Float64Array(Math.max(column.length, this.values.length * 2));
      grown.set(this.values.subarray(0, this.#done));
      this.values = grown;
    }
    for (let at = this.#done; at < column.length; at++) {
      const value = column.values[at] as number;
      if (Number.isFinite(value)) {
        this.#mean = weight * this.#mean + (1 - weight) * value;
        this.#bias *= weight;
        this.values[at] = this.#mean / (1 - this.#bias);
      } else this.values[at] = Number.NaN;
    }
    this.#done = column.length;
    return this.values;
  }
}
