import type { Limits } from '../limits.ts';

/**
 * The pause after publishing events, in proportion to the time that publishing them took, so that publishing takes at most
 * `publishShare` of the event loop's time. The more viewers there are, and the busier the machine is, the more events
 * are collected in the pause and sent to each viewer in one write, which costs most.
 */
export class PublishPause {
  readonly #limits: Pick<Limits, 'publishShare' | 'publishPauseMs'>;
  #until = Number.NEGATIVE_INFINITY;

  constructor(limits: Pick<Limits, 'publishShare' | 'publishPauseMs'>) {
    this.#limits = limits;
  }

  /** The end of the pause, on the clock of `performance.now()`. */
  get until(): number {
    return this.#until;
  }

  /** Calls `publish`, measures its duration, and extends the pause in proportion to it; the pauses of several runs add up. */
  measure(publish: () => void): void {
    const { publishShare, publishPauseMs } = this.#limits;
    const startedAt = performance.now();
    publish();
    const now = performance.now();
    const pauseMs = (now - startedAt) * (1 / publishShare - 1);
    this.#until = Math.min(Math.max(this.#until, now) + pauseMs, now + publishPauseMs);
  }
}
