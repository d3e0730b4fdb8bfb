import type { RunStatus } from '@mnist-monitor/shared/browser';

/** What a run's status is called wherever it is shown. */
export const statusNames: Record<RunStatus, string> = {
  running: 'Running',
  paused: 'Paused',
  stalled: 'Stalled',
  completed: 'Completed',
  stopped: 'Stopped',
  failed: 'Failed',
  interrupted: 'Interrupted',
};
