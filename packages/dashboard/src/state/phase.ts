import { headlineOf, type Session } from './session.ts';

/** Where the run stands, as the page can tell. */
export type Phase =
  | 'connecting'
  | 'unreachable'
  | 'reconnecting'
  | 'closed'
  | 'waiting'
  | 'running'
  | 'paused'
  | 'stalled'
  | 'completed'
  | 'stopped'
  | 'failed'
  | 'interrupted'
  | 'replay';

export function phaseOf(session: Session): Phase {
  const { link, server, run, standing } = session;
  const ended = headlineOf(session)?.finished?.status;
  if (ended) return ended;
  if (session.replaying) return 'replay';
  if (link.name === 'closed') return 'closed';
  if (server === null) return link.name === 'waiting' ? 'unreachable' : 'connecting';
  if (link.name !== 'open') return 'reconnecting';
  if (!run) return 'waiting';
  const told = standing?.status ?? 'running';
  if (!session.caughtUp) return told;
  if (run.paused) return 'paused';
  // What has come since knows better than what was said before.
  return told === 'paused' || session.heardLive ? 'running' : told;
}

export function hasEnded(phase: Phase): boolean {
  return phase === 'completed' || phase === 'stopped' || phase === 'failed' || phase === 'interrupted';
}
