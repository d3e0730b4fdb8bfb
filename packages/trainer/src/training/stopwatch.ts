/** Milliseconds of a monotonic clock. */
export type Clock = () => number;

/** Measures the training time of a run: pauses do not count, and a resumed run continues from its earlier time. */
export class Stopwatch {
  readonly #clock: Clock;
  /** Time measured before the last start. */
  #measuredMs: number;
  /** Clock time of the last start; undefined while paused. */
  #startedAt: number | undefined;

  /** Starts at once. @param seconds Time measured earlier, for example before a run was interrupted. */
  constructor(seconds = 0, clock: Clock = () => performance.now()) {
    this.#clock = clock;
    this.#measuredMs = seconds * 1_000;
    this.#startedAt = clock();
  }

  /** Returns the measured time, earlier time included. */
  get seconds(): number {
    return (this.#measuredMs + (this.#startedAt === undefined ? 0 : this.#clock() - this.#startedAt)) / 1_000;
  }

  pause(): void {
    this.#measuredMs = this.seconds * 1_000;
    this.#startedAt = undefined;
  }

  resume(): void {
    this.#startedAt ??= this.#clock();
  }
}
