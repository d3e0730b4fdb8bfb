import type { ScheduleName } from '@mnist-monitor/shared';

/** First rate of one-cycle, as a fraction of the peak. */
const startFactor = 1 / 6;
/** Last rate of one-cycle, as a fraction of the peak. */
const endFactor = 1 / 600;
/** Fraction of the steps before the peak of one-cycle. */
const warmupFraction = 0.2;

/**
 * Returns the learning rate of a step. `one-cycle` rises to the peak linearly and falls along half a cosine, a variant of the policy
 * of Smith and Topin (2019).
 * @param step From 1 to `steps`, the number of steps in the run.
 */
export function learningRateAt(name: ScheduleName, peak: number, step: number, steps: number): number {
  if (name === 'constant') return peak;
  const progress = (step - 1) / Math.max(1, steps - 1);
  if (progress < warmupFraction)
    return peak * (startFactor + (1 - startFactor) * (progress / warmupFraction));
  const decayProgress = (progress - warmupFraction) / (1 - warmupFraction);
  return peak * (endFactor + ((1 - endFactor) * (1 + Math.cos(Math.PI * decayProgress))) / 2);
}
