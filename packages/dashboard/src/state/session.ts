import type {
  CommandAccess,
  CommandName,
  ConnectionState,
  LiveClientMessage,
  LiveHello,
  RunAnnotated,
  RunStatus,
  StartingRun,
} from '@mnist-monitor/shared/browser';
import { DelayMeter } from './delay.ts';
import type { BatchData, RunFinishedData, RunStartedData, RunSummary } from './event-data.ts';
import { RateMeter } from './rate.ts';
import { applyEvent, emptyRun, latestEventTime, type Run } from './run.ts';

/** The state of the connection and of the followed run. Times are in milliseconds since the page was opened. */
export interface Session {
  /** When the page was opened, in milliseconds since 1970. */
  readonly clockOrigin: number;
  /** When the page was saved as a file, in milliseconds since 1970; null for a live page. */
  readonly savedAt: number | null;
  connection: ConnectionState;
  connectionChangedAt: number;
  /** Version of the gateway; null before its first hello. */
  gatewayVersion: string | null;
  /** The gateway's summary of the run in its last hello, with the annotations changed since. */
  summary: RunSummary | null;
  /** The gateway's last report on the run and its trainer. */
  reported: ReportedStatus | null;
  /** Whether this page may send commands, and whether they need the command token. */
  commands: CommandAccess;
  /** Why commands are off, and what to set; empty otherwise. */
  commandsOffReason: string;
  /** Why the gateway refuses the first live connection, as a sentence; empty while that is not known. */
  refusal: string;
  /** Why the run is shown from its beginning again, and since when; null if it is not. */
  restart: { reason: NonNullable<LiveHello['restart']>; at: number } | null;
  /** Number of trainers that wait for a command to start a run. */
  waitingTrainers: number;
  /** Id of an unfinished run, followed or not, whose trainer accepts starts into its queue; null when none is known. */
  queueRun: string | null;
  /** The runs that trainers are preparing. */
  starting: readonly StartingRun[];
  /** The run that was shown when a trainer began to prepare the next one, or null without a run; undefined while none is prepared. */
  runBeforeStart: string | null | undefined;
  /** Whether the last run that a trainer prepared did not begin. */
  startFailed: boolean;
  /** Whether the page follows the latest run, and so shows the next one when it begins. */
  followsLatest: boolean;
  /** Why the gateway cannot store events; empty while it can. */
  storeProblem: string;
  /** Number of viewers of all gateways that share the store, including this page; null before the first report. */
  viewers: number | null;
  run: Run | null;
  /** Whether the stored events have all arrived; until then the summary is ahead of the run. */
  caughtUp: boolean;
  /** Arrival of the last event or, for a stored one, the time of the event; null before the first of the run. */
  lastEventAt: number | null;
  /** Whether a live event has arrived since the gateway's last report: the report is then out of date. */
  hasLiveEvents: boolean;
  readonly rate: RateMeter;
  readonly delay: DelayMeter;
  /** Number of batches of the run that the gateway skipped because this page was too slow. */
  skipped: number;
  /** Number of messages that did not match the protocol. */
  invalid: number;
  /** Number of times the connection was lost. */
  lostConnections: number;
}

/** The status of a run and its trainer, which events alone do not show. */
export interface ReportedStatus {
  status: RunStatus;
  /** Whether its trainer is connected to the gateway. */
  connected: boolean;
  /** The commands that its trainer accepts. */
  commands: readonly CommandName[];
}

export function emptySession(clockOrigin = 0): Session {
  return {
    clockOrigin,
    savedAt: null,
    connection: { name: 'connecting' },
    connectionChangedAt: 0,
    gatewayVersion: null,
    summary: null,
    reported: null,
    commands: 'off',
    commandsOffReason: '',
    refusal: '',
    restart: null,
    waitingTrainers: 0,
    queueRun: null,
    starting: [],
    runBeforeStart: undefined,
    startFailed: false,
    followsLatest: true,
    storeProblem: '',
    viewers: null,
    run: null,
    caughtUp: false,
    lastEventAt: null,
    hasLiveEvents: false,
    rate: new RateMeter(),
    delay: new DelayMeter(),
    skipped: 0,
    invalid: 0,
    lostConnections: 0,
  };
}

/** Applies one message to the session, in place; `now` is when it arrived. */
export function applyMessage(session: Session, message: LiveClientMessage, now: number): void {
  switch (message.type) {
    case 'connection':
      // A failed attempt to reconnect is not another loss.
      if (message.state.name === 'waiting' && session.connection.name === 'open') session.lostConnections++;
      session.connection = message.state;
      session.connectionChangedAt = now;
      break;
    case 'hello':
      applyHello(session, message, now);
      break;
    case 'event':
      if (!session.run) break;
      applyEvent(session.run, message.event);
      session.lastEventAt = session.caughtUp
        ? now
        : Math.min(now, latestEventTime(session.run) - session.clockOrigin);
      if (session.caughtUp) {
        session.hasLiveEvents = true;
        session.rate.count(now); // Stored events arrive at the speed of the network, not of the run.
      }
      // All events that were stored at the time of the hello have arrived: the next is live, even before the message `live`.
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
      if (hasQueue(message)) session.queueRun = message.runId;
      else if (session.queueRun === message.runId) session.queueRun = null;
      if (message.runId !== session.run?.runId) break;
      session.reported = message;
      session.hasLiveEvents = false;
      break;
    case 'trainers':
      session.waitingTrainers = message.waiting;
      applyStarting(session, message.starting ?? []);
      break;
    case 'store':
      session.storeProblem = message.state === 'failing' ? message.message : '';
      break;
    case 'annotated': {
      if (session.summary?.runId === message.runId)
        session.summary = withAnnotations(session.summary, message);
      break;
    }
    case 'removed': // The gateway sends another hello or closes the connection.
      break;
    case 'invalid':
      session.invalid++;
      break;
  }
}

/** Applies a report about the runs that trainers prepare: one that is no longer prepared has begun, which shows it, or has failed. */
function applyStarting(session: Session, starting: readonly StartingRun[]): void {
  const shown = session.run?.runId ?? null;
  session.starting = starting;
  if (startingRunOf(session)) {
    // A run that goes on may be the prepared one, whose preparation the gateway ends up to a second later.
    const goesOn = session.reported && isUnfinished(session.reported) && !latestDataOf(session)?.finished;
    if (session.runBeforeStart === undefined && !goesOn) session.runBeforeStart = shown;
    session.startFailed = false;
    return;
  }
  if (session.runBeforeStart === undefined) return;
  session.startFailed = session.runBeforeStart === shown && session.followsLatest;
  session.runBeforeStart = undefined;
}

const unfinishedStatuses: readonly RunStatus[] = ['running', 'paused', 'stalled'];

/** Returns whether a run has not ended. */
export const isUnfinished = ({ status }: Pick<ReportedStatus, 'status'>): boolean =>
  unfinishedStatuses.includes(status);

/** Returns whether a run has not ended, and its trainer is connected and accepts starts into its queue. */
export const hasQueue = (reported: ReportedStatus): boolean =>
  reported.connected && isUnfinished(reported) && reported.commands.includes('enqueue');

/** Returns the summary of a run with the title, name, tags, note and pin of a message. */
export const withAnnotations = (
  summary: RunSummary,
  { title, note, pinned, name, tags }: RunAnnotated,
): RunSummary => ({ ...summary, title, note, pinned, name, tags });

/** Returns whether the run on display is the followed one: while the view is paused, another run may be followed by now. */
export const isFollowed = (shown: Run | null, { run }: Session): boolean => shown?.runId === run?.runId;

/** Removes the run and what was received about it. The state of the connection remains. */
export function forgetRun(session: Session): void {
  Object.assign(session, { run: null, summary: null, reported: null, caughtUp: false, hasLiveEvents: false });
  Object.assign(session, { lastEventAt: null, skipped: 0, restart: null });
  session.delay.clear();
}

function applyHello(session: Session, hello: LiveHello, now: number): void {
  const { server: gatewayVersion, run, commands, commandsOffReason = '' } = hello;
  const { waitingTrainers, starting = [] } = hello;
  if (announcesOtherEvents(session, hello)) {
    session.startFailed = false;
    forgetRun(session);
    session.run = run && emptyRun(run.runId);
    session.restart = hello.restart ? { reason: hello.restart, at: now } : null;
  }
  Object.assign(session, { gatewayVersion, commands, commandsOffReason, waitingTrainers, starting });
  // A gateway that has restarted does not know which runs were prepared before.
  if (starting.length === 0) session.runBeforeStart = undefined;
  Object.assign(session, { summary: run, reported: run });
  // Reports about other runs are out of date: no `status` has arrived while the connection was lost.
  Object.assign(session, { caughtUp: false, hasLiveEvents: false, storeProblem: '', queueRun: null });
}

/** Returns the run that the page shows when it begins, while a trainer prepares it; undefined if there is none. */
export const startingRunOf = ({ starting, followsLatest, run }: Session): StartingRun | undefined =>
  // The gateway announces the end of the preparation up to a second after the first event of the run.
  followsLatest ? starting.findLast(({ runId }) => runId === null || runId !== run?.runId) : undefined;

/** Returns whether the events after a hello replace those of the session, instead of continuing them. */
export const announcesOtherEvents = ({ run }: Session, hello: LiveHello): boolean =>
  hello.run?.runId !== run?.runId || hello.restart !== undefined;

/** The latest data of a run: from the gateway's summary while stored events are still arriving. */
export interface LatestData {
  runId: string;
  startedAt: string | null;
  started: RunStartedData | null;
  batch: BatchData | null;
  epoch: RunSummary['epoch'];
  finished: RunFinishedData | null;
}

/** Returns the latest data of the session's run; null while there is no run. */
export function latestDataOf({ run, summary, caughtUp }: Session): LatestData | null {
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

/**
 * Returns the source of the name and the tags of a run: the gateway's summary or, while that lacks `run.started`, the data of the
 * event.
 */
export function labelsOf(
  { summary }: Session,
  { runId, started }: LatestData,
): Pick<RunSummary, 'title' | 'name' | 'tags' | 'started'> {
  const own = summary?.runId === runId ? summary : null;
  if (own?.started) return own;
  return { title: own?.title ?? null, started };
}
