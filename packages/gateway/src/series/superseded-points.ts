/**
 * Of numbers that ascend, but now and then go back and repeat some, tells those that are repeated later: a run that goes
 * on from a checkpoint repeats steps, and the later ones count. All are noted first, then asked about in the same order.
 */
export class SupersededPoints {
  /** Where it went back, by how many were noted before, and to which number: each to a greater one than that before it. */
  readonly #returns: { at: number; to: number }[] = [];
  #noted = 0;
  #last = Number.NEGATIVE_INFINITY;
  #asked = 0;
  /** The first of the returns that lies ahead of what is asked. */
  #ahead = 0;

  add(x: number): void {
    if (x < this.#last) {
      while (this.#returns.length > 0 && this.#returns.at(-1)!.to >= x) this.#returns.pop();
      this.#returns.push({ at: this.#noted, to: x });
    }
    this.#noted++;
    this.#last = x;
  }

  get any(): boolean {
    return this.#returns.length > 0;
  }

  /** Whether the next number is repeated later, or lies beyond one that is. */
  isSuperseded(x: number): boolean {
    while (this.#ahead < this.#returns.length && this.#returns[this.#ahead]!.at <= this.#asked) this.#ahead++;
    this.#asked++;
    return x >= (this.#returns[this.#ahead]?.to ?? Number.POSITIVE_INFINITY);
  }
}
