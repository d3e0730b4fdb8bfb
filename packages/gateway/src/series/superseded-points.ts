/**
 * Finds the points of a curve that a later part of the run replaces. A run resumed from a checkpoint goes back and
 * repeats some steps, which replace the earlier ones. First `add` the position of every point, then call
 * `isNextSuperseded` for each of them in the same order.
 */
export class SupersededPoints {
  /** The rewinds to a lower position: `at` is the number of points before a rewind, `to` the position after it; both ascend. */
  readonly #rewinds: { at: number; to: number }[] = [];
  #added = 0;
  #last = Number.NEGATIVE_INFINITY;
  #checked = 0;
  /** The index of the first rewind after the points checked so far. */
  #nextRewind = 0;

  add(x: number): void {
    if (x < this.#last) {
      while (this.#rewinds.length > 0 && this.#rewinds.at(-1)!.to >= x) this.#rewinds.pop();
      this.#rewinds.push({ at: this.#added, to: x });
    }
    this.#added++;
    this.#last = x;
  }

  get hasRewinds(): boolean {
    return this.#rewinds.length > 0;
  }

  /** Returns whether the next point, at `x`, is replaced: whether a later rewind went to `x` or to a lower position. */
  isNextSuperseded(x: number): boolean {
    while (this.#nextRewind < this.#rewinds.length && this.#rewinds[this.#nextRewind]!.at <= this.#checked)
      this.#nextRewind++;
    this.#checked++;
    return x >= (this.#rewinds[this.#nextRewind]?.to ?? Number.POSITIVE_INFINITY);
  }
}
