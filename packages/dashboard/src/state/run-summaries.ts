import type { RunStatus } from '@mnist-monitor/shared/browser';
import type { RunSummary } from './complete-data.ts';

/** Returns the name that a run was given or, without one, its id. */
export const displayName = ({ runId, title }: Pick<RunSummary, 'runId' | 'title'>): string => title ?? runId;

/** Display name of each status of a run. */
export const statusNames: Record<RunStatus, string> = {
  running: 'Running',
  paused: 'Paused',
  stalled: 'Stalled',
  completed: 'Completed',
  stopped: 'Stopped',
  failed: 'Failed',
  interrupted: 'Interrupted',
};

/** Returns the training time of a run in seconds; undefined before its first batch. */
export const trainingSeconds = ({ finished, batch }: RunSummary): number | undefined =>
  finished?.seconds ?? batch?.elapsedSeconds;
