import type { RunStatus } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';

/** What is known of a run at one moment. */
export interface RunFacts {
  /** As the run's events say: `running`, `paused`, or how it ended. */
  told: RunStatus;
  connected: boolean;
  /** How long nothing has come from its publisher. */
  silentMs: number;
  /** How long its publisher has been away: since it went, or since the gateway's start. */
  awayMs: number;
  /** Whether its publisher has been there since the gateway's start. */
  seen: boolean;
}

export type StatusLimits = Pick<Limits, 'stalledAfterMs' | 'interruptedAfterMs' | 'missedAfterMs'>;

/** Where a run stands. A publisher that is away for a moment ends no run, and every answer may change back. */
export function runStatusOf(facts: RunFacts, limits: StatusLimits): RunStatus {
  const { told, connected, silentMs, awayMs, seen } = facts;
  if (told !== 'running' && told !== 'paused') return told;
  const patienceMs = seen ? limits.interruptedAfterMs : limits.missedAfterMs;
  if (!connected && awayMs > patienceMs) return 'interrupted';
  if (told === 'paused') return told;
  return silentMs > limits.stalledAfterMs ? 'stalled' : 'running';
}
