/** Milliseconds since some fixed moment, never going back. */
export type Clock = () => number;

/** Measures the time that a run takes: it can be held, and begin where it ended before. */
export class Stopwatch {
  readonly #clock: Clock;
  /** What had been measured when it was last let go. */
  #beforeMs: number;
  /** Undefined while it is held. */
  #since: number | undefined;

  constructor(seconds = 0, clock: Clock = () => performance.now()) {
    this.#clock = clock;
    this.#beforeMs = seconds * 1_000;
    this.#since = clock();
  }

  get seconds(): number {
    return (this.#beforeMs + (this.#since === undefined ? 0 : this.#clock() - this.#since)) / 1_000;
  }

  hold(): void {
    this.#beforeMs = this.seconds * 1_000;
    this.#since = undefined;
  }

  letGo(): void {
    this.#since ??= this.#clock();
  }
}
