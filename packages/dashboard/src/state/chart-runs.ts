import type { RunSummary } from './event-data.ts';
import type { Run } from './run.ts';
import { displayNameOf } from './run-summaries.ts';

/** A run on the charts, with its name and the style of its lines. */
export interface ChartRun {
  run: Run;
  name: string;
  /** CSS custom property that holds the colour, such as `--train`. */
  color: string;
  /** Dash pattern in pixels, so that lines differ in more than their colour; solid without one. */
  dash?: readonly number[];
  /** Whether its curves are left out. */
  hidden?: boolean;
}

/** A run with the gateway's summary of it, null before the gateway has sent one. */
export interface SummarizedRun {
  run: Run;
  summary: RunSummary | null;
}

const patterns = [undefined, [8, 4], [2, 4], [10, 4, 2, 4], [4, 2], [12, 3, 2, 3, 2, 3]] as const;

/** The dash pattern of each run, in order. Two runs with the same pattern have colours that everyone can tell apart. */
export const dashes: readonly (readonly number[] | undefined)[] = [...patterns, ...patterns];

/**
 * Returns the run on display and the compared runs, each with a colour and a dash pattern of its own.
 * @param hidden The runs whose curves are left out, if there are several runs.
 */
export function chartRuns(
  run: Run | null,
  summary: RunSummary | null,
  others: readonly SummarizedRun[],
  hidden: readonly string[] = [],
): ChartRun[] {
  if (!run) return [];
  const all = [{ run, summary }, ...others];
  return all.map((one, index) => {
    const dash = dashes[index];
    return {
      run: one.run,
      name: displayNameOf(one.run, one.summary),
      color: all.length === 1 ? '--train' : `--run-${index + 1}`,
      ...(dash && { dash }),
      ...(all.length > 1 && hidden.includes(one.run.runId) && { hidden: true }),
    };
  });
}
