import type {
  Batch,
  Epoch,
  LiveHello,
  LiveState,
  MonitorEvent,
  RunFinished,
  RunStarted,
  RunSummary,
} from '@mnist-monitor/shared';
import { RateMeter } from './rate.ts';
import { applyEvent, emptyRun, type Run } from './run.ts';

/** What the page knows: the connection, and the run that it follows. Times are milliseconds of one local clock. */
export interface Session {
  link: LiveState;
  linkChangedAt: number;
  /** Version of the gateway; null before its first hello. */
  server: string | null;
  /** The run as the gateway summed it up at its last hello. */
  summary: RunSummary | null;
  run: Run | null;
  /** Whether all events up to now are here; until then the summary knows better than the run. */
  caughtUp: boolean;
  /** When the last event came in; null before the first of this run. */
  lastEventAt: number | null;
  /** Whether an event came since the feed was caught up: the publisher is there, whatever the hello said. */
  heardLive: boolean;
  readonly rate: RateMeter;
  /** Batches of this run that the gateway left out because the page read too slowly. */
  skipped: number;
  /** Messages that did not fit the protocol. */
  invalid: number;
  /** How often the connection was lost. */
  losses: number;
}

/** Everything that can happen to a session. */
export type Input =
  | { type: 'link'; state: LiveState }
  | { type: 'hello'; hello: LiveHello }
  | { type: 'event'; event: MonitorEvent }
  | { type: 'live' }
  | { type: 'gap'; from: number; to: number }
  | { type: 'invalid' };

export function emptySession(): Session {
  return {
    link: { name: 'connecting' },
    linkChangedAt: 0,
    server: null,
    summary: null,
    run: null,
    caughtUp: false,
    lastEventAt: null,
    heardLive: false,
    rate: new RateMeter(),
    skipped: 0,
    invalid: 0,
    losses: 0,
  };
}

/** Takes one input into the session, in place; `now` is when it happened. */
export function apply(session: Session, input: Input, now: number): void {
  switch (input.type) {
    case 'link':
      if (input.state.name === 'waiting') session.losses++;
      session.link = input.state;
      session.linkChangedAt = now;
      break;
    case 'hello':
      applyHello(session, input.hello);
      break;
    case 'event':
      if (!session.run) break;
      applyEvent(session.run, input.event);
      session.lastEventAt = now;
      if (session.caughtUp) {
        session.heardLive = true;
        session.rate.count(now); // History comes at the speed of the line, which says nothing of the run.
      }
      // The last event that the hello knew of: what follows is new, whether `live` has been said or not.
      if (input.event.seq >= (session.summary?.lastSeq ?? 0)) session.caughtUp = true;
      break;
    case 'live':
      session.caughtUp = true;
      break;
    case 'gap':
      session.skipped += input.to - input.from + 1;
      break;
    case 'invalid':
      session.invalid++;
      break;
  }
}

function applyHello(session: Session, hello: LiveHello): void {
  session.server = hello.server;
  session.summary = hello.run;
  session.caughtUp = false;
  session.heardLive = false;
  if (!hello.run || hello.run.runId === session.run?.runId) return;
  session.run = emptyRun(hello.run.runId);
  session.lastEventAt = null;
  session.skipped = 0;
}

/** The newest that is known of a run, whether its events are all here yet or not. */
export interface Headline {
  runId: string;
  startedAt: string | null;
  started: RunStarted | null;
  batch: Batch | null;
  epoch: Epoch | null;
  finished: RunFinished | null;
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
