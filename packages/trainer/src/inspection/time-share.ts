/** Options of `TimeShare`. */
export interface TimeShareOptions {
  /** Fraction of the time that the work may take, from 0 to 1. */
  share: number;
  /** Seconds between two rounds of the work, at least. */
  minSeconds: number;
  /**
   * Whether rounds are also due 2, 4, 8 and so on times `minSeconds` after the start, if their share is used up: viewers see the first
   * changes within seconds, also where a round takes long. Later rounds wait until the share has paid for these.
   */
  startsEarly?: boolean;
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
  /** Seconds from the start to the last round. */
  #lastRound = Number.NEGATIVE_INFINITY;

  constructor(options: TimeShareOptions) {
    this.#options = options;
    this.#start = options.seconds();
  }

  /** Whether the next round may begin. */
  get isDue(): boolean {
    const { share, minSeconds, startsEarly, seconds } = this.#options;
    const elapsed = seconds() - this.#start;
    const pause = elapsed - this.#lastRound;
    if (pause < minSeconds) return false;
    return this.#spent <= share * elapsed || (startsEarly === true && pause >= elapsed / 2);
  }

  /** Whether the next round is the first. */
  get isFirst(): boolean {
    return this.#rounds === 0;
  }

  /** Begins a round. */
  begin(): void {
    this.#rounds++;
    this.#lastRound = this.#options.seconds() - this.#start;
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
