/**
 * Lets through a burst, and after it so many a second: a bucket of so many tokens that fills at that rate.
 */
export class Rate {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  constructor(burst: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#burst = this.#left = burst;
    this.#perMs = perSecond / 1_000;
    this.#now = now;
    this.#at = now();
  }

  /** Whether one more fits now. */
  take(): boolean {
    const now = this.#now();
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
