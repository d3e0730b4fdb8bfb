/** How the learning rate changes over a run. */
export const scheduleNames = ['constant', 'one-cycle'] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** One-cycle: begins and ends at these shares of the peak, which it reaches after this share of the steps. */
const beginning = 1 / 6;
const ending = 1 / 600;
const rising = 0.2;

/**
 * The learning rate of a step. `one-cycle` rises to the peak in a straight line and falls along half a cosine
 * (Smith and Topin, 2019, in the form of PyTorch's OneCycleLR).
 * @param step From 1 to `steps`.
 */
export function learningRateAt(name: ScheduleName, peak: number, step: number, steps: number): number {
  if (name === 'constant') return peak;
  const done = (step - 1) / Math.max(1, steps - 1);
  if (done < rising) return peak * (beginning + (1 - beginning) * (done / rising));
  const fallen = (done - rising) / (1 - rising);
  return peak * (ending + ((1 - ending) * (1 + Math.cos(Math.PI * fallen))) / 2);
}
