import type { Column } from './smooth.ts';

/** A stretch of x over which a column is NaN or infinite, both ends included. */
export interface Stretch {
  from: number;
  to: number;
  /** The first value: NaN, Infinity or -Infinity. */
  value: number;
}

/** More stretches than this are no longer told apart: the last one grows instead. */
const stretchLimit = 500;

/** Finds where a column is not finite, point by point as it grows. */
export class NonFinite {
  stretches: Stretch[] = [];
  #done = 0;
  #generation = -1;

  follow(x: Float64Array, column: Column): readonly Stretch[] {
    if (column.generation !== this.#generation) {
      this.#generation = column.generation;
      this.#done = 0;
      this.stretches = [];
    }
    for (let at = this.#done; at < column.length; at++) {
      const value = column.values[at] as number;
      if (Number.isFinite(value)) continue;
      const last = this.stretches.at(-1);
      const position = x[at] as number;
      const touches = at > 0 && last?.to === x[at - 1];
      if (last && (touches || this.stretches.length >= stretchLimit)) last.to = position;
      else this.stretches.push({ from: position, to: position, value });
    }
    this.#done = column.length;
    return this.stretches;
  }
}
