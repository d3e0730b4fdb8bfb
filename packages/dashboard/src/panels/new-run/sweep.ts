import { listRuns } from '../../net/api.ts';
import { otherRunLimit, type View } from '../../state/view.ts';

/** The runs of a list of starts that have begun. */
export interface SweepRuns {
  /** Number of runs that have begun. */
  begun: number;
  /** The view that compares them; null with fewer than two. */
  view: Pick<View, 'run' | 'others' | 'viewport'> | null;
}

/** Creates a tag by which the runs of a list of starts are found: "sweep 10:03:12". */
export const newSweepTag = (time: string): string => `sweep ${time}`;

/** Finds the runs that have a tag, and the view that compares them, the oldest as the baseline; null when they cannot be read. */
export async function findSweep(tag: string): Promise<SweepRuns | null> {
  const order = { sort: 'started', direction: 'ascending' } as const;
  const page = await listRuns({ search: tag, limit: otherRunLimit + 1, cursor: null, order });
  if (!page.ok) return null;
  const [first, ...others] = page.value.runs
    .filter(({ tags }) => tags?.includes(tag))
    .map(({ runId }) => runId);
  const isComparable = first !== undefined && others.length > 0;
  return {
    begun: page.value.total,
    view: isComparable ? { run: first, others, viewport: { kind: 'all' } } : null,
  };
}
