import type { ScheduleName } from '@mnist-monitor/shared';

/** One-cycle: the first and last rate as fractions of the peak, and the fraction of the steps before the peak. */
const startFactor = 1 / 6;
const endFactor = 1 / 600;
const warmupFraction = 0.2;

/**
 * Returns the learning rate of a step. `one-cycle` rises to the peak linearly and falls along half a cosine
 * (Smith and Topin, 2019, in the form of PyTorch's OneCycleLR).
 * @param step From 1 to `steps`, the number of steps in the run.
 */
export function learningRateAt(name: ScheduleName, peak: number, step: number, steps: number): number {
  if (name === 'constant') return peak;
  const done = (step - 1) / Math.max(1, steps - 1);
  if (done < warmupFraction) return peak * (startFactor + (1 - startFactor) * (done / warmupFraction));
  const fallen = (done - warmupFraction) / (1 - warmupFraction);
  return peak * (endFactor + ((1 - endFactor) * (1 + Math.cos(Math.PI * fallen))) / 2);
}
