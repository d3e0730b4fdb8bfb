import { headlineOf, type Session } from './session.ts';

/** Where the run stands, as the page can tell. */
export type Phase =
  | 'connecting'
  | 'unreachable'
  | 'reconnecting'
  | 'closed'
  | 'waiting'
  | 'running'
  | 'stalled'
  | 'completed'
  | 'stopped'
  | 'failed'
  | 'interrupted';

/** A running trainer says something every 2 s or so; this long a silence is worth saying. */
export const stalledAfterMs = 15_000;

export function phaseOf(session: Session, now: number): Phase {
  const { link, server, run, summary } = session;
  const ended = headlineOf(session)?.finished?.status ?? endedBySummary(session);
  if (ended) return ended;
  if (link.name === 'closed') return 'closed';
  if (server === null) return link.name === 'waiting' ? 'unreachable' : 'connecting';
  if (link.name !== 'open') return 'reconnecting';
  if (!run) return 'waiting';
  const trainerGone = session.caughtUp && summary?.connected === false && !session.heardLive;
  const silent = session.lastEventAt !== null && now - session.lastEventAt > stalledAfterMs;
  return trainerGone || silent ? 'stalled' : 'running';
}

/** A gateway may know that a run has ended though no `run.finished` ever came. */
function endedBySummary({ run, summary, heardLive }: Session): Phase | undefined {
  if (heardLive || !summary || summary.runId !== run?.runId) return undefined;
  return ['running', 'paused', 'stalled'].includes(summary.status) ? undefined : (summary.status as Phase);
}

export function hasEnded(phase: Phase): boolean {
  return phase === 'completed' || phase === 'stopped' || phase === 'failed' || phase === 'interrupted';
}
