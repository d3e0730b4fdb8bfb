export interface BackoffOptions {
  /** Upper bound of the first wait. */
  firstMs: number;
  /** Upper bound of every later wait. */
  maxMs: number;
}

export const backoffDefaults: BackoffOptions = { firstMs: 500, maxMs: 15_000 };

/**
 * Milliseconds to wait before attempt `attempt` (from 0): half of a doubling bound, and the other half at random
 * ("equal jitter"), so that many clients that lost one gateway do not come back at once.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(
  attempt: number,
  options = backoffDefaults,
  random: () => number = Math.random,
): number {
  const bound = Math.min(options.maxMs, options.firstMs * 2 ** Math.min(attempt, 30));
  return bound / 2 + (bound / 2) * random();
}
