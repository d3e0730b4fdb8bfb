import type { RunStatus } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';

/** The facts that decide the status of a run. */
export interface StatusFacts {
  /** The status that the run's events report: `running`, `paused`, or how the run ended. */
  reported: RunStatus;
  connected: boolean;
  /** The time since the last message of its publisher. */
  silentMs: number;
  /** The time since its publisher disconnected, or since the gateway's start. */
  absentMs: number;
  /** Whether its publisher has connected since the gateway's start. */
  wasConnected: boolean;
}

export type StatusLimits = Pick<Limits, 'stalledAfterMs' | 'interruptedAfterMs' | 'missedAfterMs'>;

/** Derives the status of a run. Any derived status may change back, as when a publisher returns after a while. */
export function deriveStatus(facts: StatusFacts, limits: StatusLimits): RunStatus {
  const { reported, connected, silentMs, absentMs, wasConnected } = facts;
  if (reported !== 'running' && reported !== 'paused') return reported;
  const patienceMs = wasConnected ? limits.interruptedAfterMs : limits.missedAfterMs;
  if (!connected && absentMs > patienceMs) return 'interrupted';
  if (reported === 'paused') return reported;
  return silentMs > limits.stalledAfterMs ? 'stalled' : 'running';
}
