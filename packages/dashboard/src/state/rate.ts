const windowSeconds = 5;

/** Measures events per second over the last five whole seconds. */
export class RateMeter {
  /** Counts by second, in a ring buffer that includes the current second. */
  readonly #counts = new Array<number>(windowSeconds + 1).fill(0);
  #second = 0;
  #firstSecond: number | undefined;

  /** Counts an event at `now`, in milliseconds of a monotonic clock. */
  count(now: number): void {
    this.#advance(now);
    this.#firstSecond ??= this.#second;
    const slot = this.#second % this.#counts.length;
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
  }

  /** Returns the rate at `now` in events per second, since the first event if that was less than five seconds ago. */
  perSecond(now: number): number {
    this.#advance(now);
    if (this.#firstSecond === undefined) return 0;
    const seconds = Math.min(windowSeconds, this.#second - this.#firstSecond);
    const current = this.#counts[this.#second % this.#counts.length] as number;
    if (seconds === 0) return current;
    return (this.#counts.reduce((sum, count) => sum + count, 0) - current) / seconds;
  }

  #advance(now: number): void {
    const second = Math.floor(now / 1_000);
    const steps = Math.min(second - this.#second, this.#counts.length);
    for (let step = 0; step < steps; step++) this.#counts[(second - step) % this.#counts.length] = 0;
    this.#second = Math.max(second, this.#second);
  }
}
