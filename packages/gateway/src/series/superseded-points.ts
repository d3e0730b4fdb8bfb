/**
 * Finds the points of a curve that a later part of the run replaces. A run resumed from a checkpoint goes back and
 * repeats some steps, and the later ones count. First add all positions, then ask for each in the same order.
 */
export class SupersededPoints {
  /** Each return to a lower position: the number of points before it, and the position. The positions ascend. */
  readonly #returns: { at: number; to: number }[] = [];
  #added = 0;
  #last = Number.NEGATIVE_INFINITY;
  #asked = 0;
  /** The index of the first return after the points asked for so far. */
  #nextReturn = 0;

  add(x: number): void {
    if (x < this.#last) {
      while (this.#returns.length > 0 && this.#returns.at(-1)!.to >= x) this.#returns.pop();
      this.#returns.push({ at: this.#added, to: x });
    }
    this.#added++;
    this.#last = x;
  }

  get any(): boolean {
    return this.#returns.length > 0;
  }

  /** Whether a later part of the run replaces the next point: it returned to this position or a lower one. */
  isSuperseded(x: number): boolean {
    while (this.#nextReturn < this.#returns.length && this.#returns[this.#nextReturn]!.at <= this.#asked)
      this.#nextReturn++;
    this.#asked++;
    return x >= (this.#returns[this.#nextReturn]?.to ?? Number.POSITIVE_INFINITY);
  }
}
