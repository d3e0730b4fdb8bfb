import type { Plan } from './plan.ts';

/** The most simulations that shrinking runs. */
const maxTries = 200;

/**
 * Returns a smaller plan that still fails, by delta debugging: first without as many actions as possible (the algorithm
 * `ddmin` by A. Zeller), then with the usual limits and fewer trainers.
 * @param fails Resolves with whether a plan fails in the same way.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let best = plan;
  let tries = 0;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (tries++ >= maxTries || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(plan.actions.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0)
    for (let start = 0; start < best.actions.length; ) {
      const actions = best.actions.filter((_, index) => index < start || index >= start + size);
      if (!(await attempt({ ...best, actions }))) start += size;
    }
  for (const name of Object.keys(plan.limits)) {
    const { [name as keyof Plan['limits']]: _, ...limits } = best.limits;
    await attempt({ ...best, limits });
  }
  while (best.trainers.length > 1 && (await attempt({ ...best, trainers: best.trainers.slice(0, -1) })));
  return best;
}
