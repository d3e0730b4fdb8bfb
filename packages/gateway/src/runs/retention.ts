import { type FinishedStatus, finishedStatusSchema, type RunSummary } from '@mnist-monitor/shared';
import type { RetentionPolicy } from '@mnist-monitor/shared/options';

export type RunToJudge = Pick<
  RunSummary,
  'runId' | 'bytes' | 'lastEventAt' | 'pinned' | 'status' | 'connected'
>;

/**
 * The runs beyond the limits, the one that went on least recently first. Runs that are pinned or not over are never
 * among them, but count.
 */
export function beyond(runs: readonly RunToJudge[], keep: RetentionPolicy, now: Date): string[] {
  const { ageMs = Infinity, runs: count = Infinity, bytes: room = Infinity } = keep;
  let tooMany = runs.length - count;
  let tooLarge = runs.reduce((sum, { bytes }) => sum + bytes, 0) - room;
  const found: string[] = [];
  for (const { runId, bytes, lastEventAt } of runs.filter(mayGo).sort(byLastEvent)) {
    const isOld = now.getTime() - Date.parse(lastEventAt) > ageMs;
    if (!isOld && tooMany <= 0 && tooLarge <= 0) continue;
    tooMany--;
    tooLarge -= bytes;
    found.push(runId);
  }
  return found;
}

/** Whether nothing more is to come of a run, unless it is taken up again. */
export const isOver = ({ status }: Pick<RunSummary, 'status'>): boolean =>
  finishedStatusSchema.options.includes(status as FinishedStatus);

const mayGo = (run: RunToJudge): boolean => !run.pinned && !run.connected && isOver(run);

const byLastEvent = (one: RunToJudge, other: RunToJudge): number =>
  Date.parse(one.lastEventAt) - Date.parse(other.lastEventAt);
