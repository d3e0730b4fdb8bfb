import type { RunStatus } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';

/** What is known of a run at one moment. */
export interface StatusFacts {
  /** As the run's events say: `running`, `paused`, or how it ended. */
  reported: RunStatus;
  connected: boolean;
  /** How long nothing has come from its publisher. */
  silentMs: number;
  /** How long its publisher has been away: since it went, or since the gateway's start. */
  absentMs: number;
  /** Whether its publisher has been there since the gateway's start. */
  wasConnected: boolean;
}

export type StatusLimits = Pick<Limits, 'stalledAfterMs' | 'interruptedAfterMs' | 'missedAfterMs'>;

/** Where a run stands. A publisher that is away for a moment ends no run, and every answer may change back. */
export function deriveStatus(facts: StatusFacts, limits: StatusLimits): RunStatus {
  const { reported, connected, silentMs, absentMs, wasConnected } = facts;
  if (reported !== 'running' && reported !== 'paused') return reported;
  const patienceMs = wasConnected ? limits.interruptedAfterMs : limits.missedAfterMs;
  if (!connected && absentMs > patienceMs) return 'interrupted';
  if (reported === 'paused') return reported;
  return silentMs > limits.stalledAfterMs ? 'stalled' : 'running';
}
