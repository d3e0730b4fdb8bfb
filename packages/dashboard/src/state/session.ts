import type {
  BatchData,
  CommandAccess,
  CommandName,
  ConnectionState,
  EpochData,
  LiveClientMessage,
  LiveHello,
  RunFinishedData,
  RunStartedData,
  RunStatus,
  RunSummary,
} from '@mnist-monitor/shared/browser';
import { DelayMeter } from './delay.ts';
import { RateMeter } from './rate.ts';
import { applyEvent, emptyRun, type Run } from './run.ts';

/** What the page knows: the connection, and the run that it follows. Times are milliseconds of one local clock. */
export interface Session {
  /** Where the local clock began, in milliseconds since 1970. */
  readonly clockOrigin: number;
  link: ConnectionState;
  linkChangedAt: number;
  /** Version of the gateway; null before its first hello. */
  server: string | null;
  /** The run as the gateway summed it up at its last hello. */
  summary: RunSummary | null;
  /** Where the run stands, as the gateway said last. */
  standing: Standing | null;
  /** Whether this page may command, and how many trainers wait to be told to start. */
  commands: CommandAccess;
  waitingTrainers: number;
  /** Why the gateway cannot keep events for now; empty while it can. */
  storeProblem: string;
  /** Of the gateway, this page among them; null while it is not known. */
  viewers: number | null;
  run: Run | null;
  /** Whether all events up to now are here; until then the summary knows better than the run. */
  caughtUp: boolean;
  /** Whether the run is played back and not followed. */
  replaying: boolean;
  /** When the last event came in or, of the past, when it happened; null before the first of this run. */
  lastEventAt: number | null;
  /** Whether an event has come since the gateway spoke of the run's status: it is running again, then. */
  heardLive: boolean;
  readonly rate: RateMeter;
  readonly delay: DelayMeter;
  /** Batches of this run that the gateway left out because the page read too slowly. */
  skipped: number;
  /** Messages that did not fit the protocol. */
  invalid: number;
  /** How often the connection was lost. */
  losses: number;
}

/** Where a run stands beside its events. */
export interface Standing {
  status: RunStatus;
  /** Whether its trainer is connected to the gateway. */
  connected: boolean;
  /** What its trainer can be told. */
  commands: readonly CommandName[];
}

export function emptySession(clockOrigin = 0): Session {
  return {
    clockOrigin,
    link: { name: 'connecting' },
    linkChangedAt: 0,
    server: null,
    summary: null,
    standing: null,
    commands: 'off',
    waitingTrainers: 0,
    storeProblem: '',
    viewers: null,
    run: null,
    caughtUp: false,
    replaying: false,
    lastEventAt: null,
    heardLive: false,
    rate: new RateMeter(),
    delay: new DelayMeter(),
    skipped: 0,
    invalid: 0,
    losses: 0,
  };
}

/** Applies one message to the session, in place; `now` is when it arrived. */
export function apply(session: Session, message: LiveClientMessage, now: number): void {
  switch (message.type) {
    case 'connection':
      // An attempt that fails loses nothing more.
      if (message.state.name === 'waiting' && session.link.name === 'open') session.losses++;
      session.link = message.state;
      session.linkChangedAt = now;
      break;
    case 'hello':
      applyHello(session, message);
      break;
    case 'event':
      if (!session.run) break;
      applyEvent(session.run, message.event);
      session.lastEventAt = session.caughtUp
        ? now
        : Math.min(now, session.run.lastTime - session.clockOrigin);
      if (session.caughtUp) {
        session.heardLive = true;
        session.rate.count(now); // History comes at the speed of the line, which says nothing of the run.
      }
      // The last event that the hello knew of: what follows is new, whether `live` has been said or not.
      if (message.event.seq >= (session.summary?.lastSeq ?? 0)) session.caughtUp = true;
      break;
    case 'live':
      session.caughtUp = true;
      break;
    case 'gap':
      session.skipped += message.to - message.from + 1;
      break;
    case 'status':
      session.viewers = message.viewers;
      if (message.runId !== session.run?.runId) break;
      session.standing = message;
      session.heardLive = false;
      break;
    case 'trainers':
      session.waitingTrainers = message.waiting;
      break;
    case 'store':
      session.storeProblem = message.state === 'failing' ? message.message : '';
      break;
    case 'annotated': {
      const { runId, title, note, pinned } = message;
      if (session.summary?.runId === runId) session.summary = { ...session.summary, title, note, pinned };
      break;
    }
    case 'removed': // The feed says itself how it goes on.
      break;
    case 'invalid':
      session.invalid++;
      break;
  }
}

/** Forgets the run: another one is asked for. The connection's own figures stay. */
export function forgetRun(session: Session): void {
  Object.assign(session, { run: null, summary: null, standing: null, caughtUp: false, heardLive: false });
  Object.assign(session, { lastEventAt: null, skipped: 0 });
  session.delay.clear();
}

function applyHello(session: Session, hello: LiveHello): void {
  const { server, run, commands, waitingTrainers } = hello;
  if (run?.runId !== session.run?.runId) {
    forgetRun(session);
    session.run = run && emptyRun(run.runId);
  }
  Object.assign(session, { server, commands, waitingTrainers, summary: run, standing: run });
  Object.assign(session, { caughtUp: false, heardLive: false, storeProblem: '' });
}

/** The newest that is known of a run, whether its events are all here yet or not. */
export interface Headline {
  runId: string;
  startedAt: string | null;
  started: RunStartedData | null;
  batch: BatchData | null;
  epoch: EpochData | null;
  finished: RunFinishedData | null;
}

/** Null while there is no run. */
export function headlineOf({ run, summary, caughtUp }: Session): Headline | null {
  if (!run) return null;
  const ahead = !caughtUp && summary?.runId === run.runId ? summary : undefined;
  return {
    runId: run.runId,
    startedAt: ahead?.startedAt ?? run.startedAt,
    started: ahead?.started ?? run.started,
    batch: ahead?.batch ?? run.batch,
    epoch: ahead?.epoch ?? run.epochs.at(-1) ?? null,
    finished: ahead ? ahead.finished : run.finished,
  };
}
