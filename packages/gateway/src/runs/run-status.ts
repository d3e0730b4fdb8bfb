import type { RunStatus } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';

/** The facts that decide the status of a run. */
export interface StatusFacts {
  /** The status that the run's events report: `running`, `paused`, or how the run ended. */
  reported: RunStatus;
  connected: boolean;
  /** The time since the last message of the run's publisher. */
  silentMs: number;
  /** The time since the run's publisher disconnected, or since the gateway's start if it has not connected since. */
  absentMs: number;
  /** Whether the run's publisher has connected since the gateway's start. */
  wasConnected: boolean;
}

export type StatusLimits = Pick<Limits, 'stalledAfterMs' | 'interruptedAfterMs' | 'interruptedAfterStartMs'>;

/** Derives the status of a run. `stalled` and `interrupted` may change back when the publisher sends or reconnects. */
export function deriveStatus(facts: StatusFacts, limits: StatusLimits): RunStatus {
  const { reported, connected, silentMs, absentMs, wasConnected } = facts;
  if (reported !== 'running' && reported !== 'paused') return reported;
  const maxAbsenceMs = wasConnected ? limits.interruptedAfterMs : limits.interruptedAfterStartMs;
  if (!connected && absentMs > maxAbsenceMs) return 'interrupted';
  if (reported === 'paused') return reported;
  return silentMs > limits.stalledAfterMs ? 'stalled' : 'running';
}
