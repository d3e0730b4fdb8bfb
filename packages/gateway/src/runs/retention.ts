import { type FinishedStatus, finishedStatusSchema, type RunSummary } from '@mnist-monitor/shared';
import type { RetentionPolicy } from '@mnist-monitor/shared/options';

/** The part of a run's summary that the retention policy considers. */
export type RetentionCandidate = Pick<
  RunSummary,
  'runId' | 'bytes' | 'lastEventAt' | 'lastReceivedAt' | 'pinned' | 'status' | 'connected'
>;

/**
 * Returns the runs to remove, in the order in which their last events were received. Runs that are pinned, connected or
 * not finished are never removed, but count towards the limits.
 */
export function runsToRemove(
  runs: readonly RetentionCandidate[],
  keep: RetentionPolicy,
  now: Date,
): string[] {
  const { ageMs = Infinity, runs: maxRuns = Infinity, bytes: maxBytes = Infinity } = keep;
  let excessRuns = runs.length - maxRuns;
  let excessBytes = runs.reduce((sum, { bytes }) => sum + bytes, 0) - maxBytes;
  const removed: string[] = [];
  for (const run of runs.filter(isRemovable).reverse().sort(byReceipt)) {
    const { runId, bytes } = run;
    const isOld = now.getTime() - receivedAt(run) > ageMs;
    if (!isOld && excessRuns <= 0 && excessBytes <= 0) continue;
    excessRuns--;
    excessBytes -= bytes;
    removed.push(runId);
  }
  return removed;
}

/** Returns whether a run has ended. It may still be resumed. */
export const isFinished = ({ status }: Pick<RunSummary, 'status'>): boolean =>
  finishedStatusSchema.options.includes(status as FinishedStatus);

const isRemovable = (run: RetentionCandidate): boolean => !run.pinned && !run.connected && isFinished(run);

/**
 * Returns when the last event was received; for runs of older gateways, its time by the publisher's clock, which may be
 * wrong by decades.
 */
const receivedAt = ({ lastReceivedAt, lastEventAt }: RetentionCandidate): number =>
  Date.parse(lastReceivedAt ?? lastEventAt);

const byReceipt = (one: RetentionCandidate, other: RetentionCandidate): number =>
  receivedAt(one) - receivedAt(other);
