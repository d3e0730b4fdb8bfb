/** Options of `TimeShare`. */
export interface TimeShareOptions {
  /** Fraction of the time that the work may take, from 0 to 1. */
  share: number;
  /** Seconds between two rounds of the work, at least. */
  minSeconds: number;
  /** Returns the time in seconds. */
  seconds: () => number;
}

/**
 * Limits work that is repeated to a share of the time. The first round is due at once, and does not count: it compiles code and
 * optimizes graphs, so the later ones take much less.
 */
export class TimeShare {
  readonly #options: TimeShareOptions;
  readonly #start: number;
  /** Number of rounds that have begun. */
  #rounds = 0;
  /** Seconds that the work of the rounds after the first has taken. */
  #spent = 0;
  #lastRound = Number.NEGATIVE_INFINITY;

  constructor(options: TimeShareOptions) {
    this.#options = options;
    this.#start = options.seconds();
  }

  /** Whether the next round may begin. */
  get isDue(): boolean {
    const { share, minSeconds, seconds } = this.#options;
    const now = seconds();
    return now - this.#lastRound >= minSeconds && this.#spent <= share * (now - this.#start);
  }

  /** Whether the next round is the first. */
  get isFirst(): boolean {
    return this.#rounds === 0;
  }

  /** Begins a round. */
  begin(): void {
    this.#rounds++;
    this.#lastRound = this.#options.seconds();
  }

  /** Does a part of the round, and counts the time that it takes. */
  async run<T>(work: () => T | Promise<T>): Promise<T> {
    const start = this.#options.seconds();
    try {
      return await work();
    } finally {
      this.count(this.#options.seconds() - start);
    }
  }

  /** Counts time of the round that was measured elsewhere. @param seconds Below 0 for a part that took less than expected. */
  count(seconds: number): void {
    // Never below 0: times that were measured too low must not save time for later rounds.
    if (this.#rounds > 1) this.#spent = Math.max(0, this.#spent + seconds);
  }
}
