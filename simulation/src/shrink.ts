import type { Plan } from './plan.ts';

/** The most simulations that shrinking runs. */
const maxTries = 300;

/** A network without delays that matter. */
const calmPath: Plan['path'] = {
  ...{ latencyMs: 2, jitterMs: 0, bytesPerMs: 100_000 },
  ...{ windowBytes: 256 * 1024, splitChance: 0 },
};

/**
 * Returns a smaller plan that still fails, and the number of simulations that this took. Removes as many actions as possible by
 * delta debugging (the algorithm `ddmin` by A. Zeller), then everything unusual from the rest of the plan, and again actions.
 * @param fails Resolves with whether a plan fails in the same way.
 */
export async function shrink(
  plan: Plan,
  fails: (plan: Plan) => Promise<boolean>,
): Promise<{ plan: Plan; tries: number }> {
  let best = plan;
  let tries = 0;
  const attempt = async (change: (plan: Plan) => Plan): Promise<boolean> => {
    const candidate = change(best);
    if (tries >= maxTries || JSON.stringify(candidate) === JSON.stringify(best)) return false;
    tries++;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  const removeActions = async (): Promise<void> => {
    for (let size = Math.ceil(best.actions.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0)
      for (let start = 0; start < best.actions.length; ) {
        const isKept = (_: unknown, index: number): boolean => index < start || index >= start + size;
        if (!(await attempt(({ actions, ...rest }) => ({ ...rest, actions: actions.filter(isKept) }))))
          start += size;
      }
  };
  await removeActions();
  while (await attempt((plan) => ({ ...plan, trainers: plan.trainers.slice(0, -1) })));
  await attempt((plan) => ({ ...plan, path: calmPath }));
  await attempt((plan) => ({ ...plan, operationMs: 0.5, msPerReading: 0.001 }));
  await attempt((plan) => ({ ...plan, keepRuns: undefined }));
  await attempt((plan) => ({ ...plan, limits: {} }));
  for (const name of Object.keys(best.limits))
    await attempt(({ limits: { [name as keyof Plan['limits']]: _, ...limits }, ...rest }) => ({
      ...rest,
      limits,
    }));
  await removeActions();
  return { plan: best, tries };
}
