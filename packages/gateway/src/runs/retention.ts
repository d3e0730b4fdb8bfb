import { type FinishedStatus, finishedStatusSchema, type RunSummary } from '@mnist-monitor/shared';
import type { RetentionPolicy } from '@mnist-monitor/shared/options';

export type RetentionCandidate = Pick<
  RunSummary,
  'runId' | 'bytes' | 'lastEventAt' | 'pinned' | 'status' | 'connected'
>;

/**
 * The runs beyond the limits, the one that went on least recently first. Runs that are pinned or not over are never
 * among them, but count.
 */
export function runsToRemove(
  runs: readonly RetentionCandidate[],
  keep: RetentionPolicy,
  now: Date,
): string[] {
  const { ageMs = Infinity, runs: count = Infinity, bytes: room = Infinity } = keep;
  let tooMany = runs.length - count;
  let tooLarge = runs.reduce((sum, { bytes }) => sum + bytes, 0) - room;
  const found: string[] = [];
  for (const { runId, bytes, lastEventAt } of runs.filter(isRemovable).sort(byLastEvent)) {
    const isOld = now.getTime() - Date.parse(lastEventAt) > ageMs;
    if (!isOld && tooMany <= 0 && tooLarge <= 0) continue;
    tooMany--;
    tooLarge -= bytes;
    found.push(runId);
  }
  return found;
}

/** Whether nothing more is to come of a run, unless it is taken up again. */
export const isFinished = ({ status }: Pick<RunSummary, 'status'>): boolean =>
  finishedStatusSchema.options.includes(status as FinishedStatus);

const isRemovable = (run: RetentionCandidate): boolean => !run.pinned && !run.connected && isFinished(run);

const byLastEvent = (one: RetentionCandidate, other: RetentionCandidate): number =>
  Date.parse(one.lastEventAt) - Date.parse(other.lastEventAt);
