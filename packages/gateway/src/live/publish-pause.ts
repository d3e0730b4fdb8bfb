import type { Limits } from '../limits.ts';

/**
 * Each publication is followed by this share of the outstanding pauses. If it were larger, the pause after a single slow publication
 * would be longer, and delay more events.
 */
const outstandingShare = 0.25;

/**
 * The pause after publishing events, so that publishing takes at most `publishShare` of the event loop's time. Most of its
 * cost is the write to each viewer. The more viewers there are, and the busier the machine is, the longer is the pause, and the
 * more events are sent in one write. The pause of a single slow publication is spread over those that follow it.
 */
export class PublishPause {
  readonly #limits: Pick<Limits, 'publishShare' | 'publishPauseMs'>;
  #until = Number.NEGATIVE_INFINITY;
  /** The pauses that publications so far require, and that have not been made. */
  #outstandingMs = 0;

  constructor(limits: Pick<Limits, 'publishShare' | 'publishPauseMs'>) {
    this.#limits = limits;
  }

  /** The end of the pause, on the clock of `performance.now()`. */
  get until(): number {
    return this.#until;
  }

  /** Calls `publish`, measures its duration, and extends the pause; the pauses of several runs add up. */
  measure(publish: () => void): void {
    const { publishShare, publishPauseMs } = this.#limits;
    const startedAt = performance.now();
    publish();
    const now = performance.now();
    // The idle time since the end of the last pause counts as a pause, too.
    const idleMs = Math.max(0, startedAt - this.#until);
    const requiredMs = (now - startedAt) * (1 / publishShare - 1);
    this.#outstandingMs = Math.min(
      Math.max(0, this.#outstandingMs - idleMs) + requiredMs,
      publishPauseMs / outstandingShare,
    );
    const pauseMs = this.#outstandingMs * outstandingShare;
    this.#outstandingMs -= pauseMs;
    this.#until = Math.min(Math.max(this.#until, now) + pauseMs, now + publishPauseMs);
  }
}
