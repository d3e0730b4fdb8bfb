/** The bounds of the delays between retries, in milliseconds. */
export interface BackoffOptions {
  /** Upper bound of the first delay. */
  firstMs: number;
  /** Upper bound of every delay. */
  maxMs: number;
}

/** The default delays: at most 0.5 s before the first retry, doubling up to 15 s. */
export const backoffDefaults: BackoffOptions = { firstMs: 500, maxMs: 15_000 };

/**
 * Returns the delay before a retry, in milliseconds: half of a bound that doubles with each attempt, plus up to the
 * other half at random ("equal jitter"), so that clients that lost one gateway do not all reconnect at the same moment.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempt Number of failed attempts before this one, from 0.
 * @param random Returns a number from 0 to 1.
 */
export function backoffMs(
  attempt: number,
  options = backoffDefaults,
  random: () => number = Math.random,
): number {
  const bound = Math.min(options.maxMs, options.firstMs * 2 ** Math.min(attempt, 30));
  return bound / 2 + (bound / 2) * random();
}
