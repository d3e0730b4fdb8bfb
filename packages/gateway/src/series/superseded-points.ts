/**
 * Finds the points of a curve that a later part of the run replaces. A run resumed from a checkpoint goes back and
 * repeats some steps, which replace the earlier ones. First `add` all positions, then check each in the same order.
 */
export class SupersededPoints {
  /** Each return to a lower position: the number of points before it, and the position. The positions ascend. */
  readonly #returns: { at: number; to: number }[] = [];
  #added = 0;
  #last = Number.NEGATIVE_INFINITY;
  #checked = 0;
  /** The index of the first return after the points checked so far. */
  #nextReturn = 0;

  add(x: number): void {
    if (x < this.#last) {
      while (this.#returns.length > 0 && this.#returns.at(-1)!.to >= x) this.#returns.pop();
      this.#returns.push({ at: this.#added, to: x });
    }
    this.#added++;
    this.#last = x;
  }

  get hasReturns(): boolean {
    return this.#returns.length > 0;
  }

  /** Returns whether a later part of the run replaces the next point, because it returned to this or a lower position. */
  isSuperseded(x: number): boolean {
    while (this.#nextReturn < this.#returns.length && this.#returns[this.#nextReturn]!.at <= this.#checked)
      this.#nextReturn++;
    this.#checked++;
    return x >= (this.#returns[this.#nextReturn]?.to ?? Number.POSITIVE_INFINITY);
  }
}
