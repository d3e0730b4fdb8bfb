import { missingRun } from './missing-run.ts';
import { latestDataOf, type Session, startingRunOf } from './session.ts';

/** A phase of the run or of the connection. */
export type Phase =
  | 'connecting'
  | 'unreachable'
  | 'reconnecting'
  | 'closed'
  | 'missing'
  | 'noRun'
  | 'starting'
  | 'running'
  | 'paused'
  | 'stalled'
  | 'completed'
  | 'stopped'
  | 'failed'
  | 'interrupted'
  | 'unfinished';

/**
 * Returns the phase of the run if it has ended, is missing, or the connection is open; otherwise that of the connection. A run that is being
 * prepared takes the place of one that has ended, but not of one that another trainer is training.
 */
export function phaseOf(session: Session): Phase {
  const phase = phaseBeforeStart(session);
  const isFree = phase === 'noRun' || hasEnded(phase);
  return isFree && startingRunOf(session) && session.connection.name === 'open' ? 'starting' : phase;
}

function phaseBeforeStart(session: Session): Phase {
  const { connection, gatewayVersion, run, reported } = session;
  if (missingRun(session)) return 'missing';
  const ended = latestDataOf(session)?.finished?.status;
  if (ended) return ended;
  if (session.savedAt !== null) return 'unfinished';
  if (connection.name === 'closed') return 'closed';
  // This page has never reached the gateway: the connection tries for the first time, or waits to try again.
  if (gatewayVersion === null) return connection.name === 'waiting' ? 'unreachable' : 'connecting';
  if (connection.name !== 'open') return 'reconnecting';
  if (!run) return 'noRun';
  const status = reported?.status ?? 'running';
  if (!session.caughtUp) return status;
  if (run.paused) return 'paused';
  // The events show that the run is not paused, and live events supersede any other reported status.
  return status === 'paused' || session.hasLiveEvents ? 'running' : status;
}

const lastPhases: ReadonlySet<Phase> = new Set([
  'completed',
  'stopped',
  'failed',
  'interrupted',
  'missing',
  'unfinished',
]);

/** Returns whether no data follows in a phase: the run has ended or is missing, or a saved file has it as of its saving. */
export const hasEnded = (phase: Phase): boolean => lastPhases.has(phase);
