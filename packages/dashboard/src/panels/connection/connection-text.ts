import { formatCount, formatPlural, formatRate, formatWholeDuration } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { missingRun } from '../../state/missing-run.ts';
import type { Run } from '../../state/run.ts';
import { withName } from '../../state/run-summaries.ts';
import { latestDataOf, type Session } from '../../state/session.ts';

/** Texts about the connection and the feed. */
export interface ConnectionText {
  tone: 'good' | 'busy' | 'bad';
  state: string;
  rate: string;
  /** Time since the last event. */
  lastEvent: string;
  /** Delay of events from the trainer's clock to the screen. */
  delay: string;
  received: string;
  skipped: string;
  rejected: string;
  viewers: string;
  lostConnections: string;
  /** Version of the gateway. */
  gateway: string;
  /** Text of the banner at the top of the page; empty while nothing is to be reported. */
  banner: string;
  /** Whether the page waits before it reconnects: then it offers to reconnect at once. */
  mayRetry: boolean;
  /** Whether the requested run does not exist or cannot be read: then the page offers the latest run. */
  runIsMissing: boolean;
}

function rateText(perSecond: number): string {
  const rate = Math.round(perSecond * 10) / 10;
  return `${formatRate(rate)} ${rate === 1 ? 'event' : 'events'}/s`;
}

/** Returns the texts about the connection and the feed; `now` is in milliseconds since the page was opened. */
export function connectionText(session: Session, now: number): ConnectionText {
  const { run, lastEventAt } = session;
  const age = lastEventAt === null ? undefined : (now - lastEventAt) / 1_000;
  return {
    tone: toneOf(session),
    state: stateOf(session, now),
    rate: rateText(session.rate.perSecond(now)),
    lastEvent: age === undefined ? 'none yet' : age < 1 ? 'just now' : `${formatWholeDuration(age)} ago`,
    delay: delayText(session),
    received: formatPlural(run?.eventCount ?? 0, 'event', 'events'),
    skipped: session.skipped === 0 ? '' : formatPlural(session.skipped, 'event', 'events'),
    rejected: formatPlural(session.invalid + rejectedEvents(run?.notices), 'message', 'messages'),
    viewers: formatCount(session.viewers),
    lostConnections: formatCount(session.lostConnections),
    gateway: session.gatewayVersion ?? '–',
    banner: bannerOf(session, now),
    mayRetry: session.connection.name === 'waiting',
    runIsMissing: missingRun(session) !== null,
  };
}

/** Maximum delay that is displayed: a longer or clearly negative one means that the clocks of trainer and viewer differ. */
const maxDelayMs = 10_000;

function delayText({ delay }: Session): string {
  const summary = delay.summary();
  if (!summary) return '–';
  const { median, p95 } = summary;
  if (median < -5 || median > maxDelayMs) return 'clocks differ';
  const text = (ms: number): string => `${Math.max(0, Math.round(ms))}\u00a0ms`;
  return `${text(median)}, 95\u00a0% within ${text(p95)}`;
}

/** Returns the number of events that the gateway rejected; it stores a notice in place of each. */
const rejectedEvents = memoizeLast(
  (notices: Run['notices'] = []): number => notices.filter(({ code }) => code === 'event.rejected').length,
);

function toneOf({ connection, caughtUp, gatewayVersion }: Session): ConnectionText['tone'] {
  if (connection.name === 'closed') return 'bad';
  if (connection.name === 'waiting') return gatewayVersion === null ? 'bad' : 'busy';
  return connection.name === 'open' && gatewayVersion !== null && caughtUp ? 'good' : 'busy';
}

function stateOf(session: Session, now: number): string {
  const { connection, gatewayVersion, caughtUp, run, summary } = session;
  switch (connection.name) {
    case 'connecting':
      return gatewayVersion === null ? 'Connecting' : 'Reconnecting';
    case 'waiting':
      return `Reconnecting ${retryIn(session, now)}`;
    case 'closed':
      return 'Disconnected';
    case 'open': {
      if (caughtUp || !run) return 'Live';
      const share = summary ? Math.min(1, run.lastSeq / summary.lastSeq) : 0;
      return `Catching up, ${Math.floor(share * 100)}\u00a0%`;
    }
  }
}

function retryIn({ connection, connectionChangedAt }: Session, now: number): string {
  if (connection.name !== 'waiting') return '';
  const seconds = Math.ceil((connection.retryInMs - (now - connectionChangedAt)) / 1_000);
  return seconds > 0 ? `in ${seconds}\u00a0s` : 'now';
}

/** The time for which the page displays why a run is shown from its beginning: enough to read it. */
const restartNoticeMs = 30_000;

/** The texts for the reasons why a run is shown from its beginning. */
const restartTexts = {
  otherStream:
    'This run began again under its id, or the gateway has lost events of it. It is shown from its beginning.',
  beyondEnd: 'The gateway no longer has the end of this run. It is shown from its beginning.',
} as const;

/** Returns whether the run was training when the connection was lost: it has neither ended, nor stalled, nor been paused. */
function isTraining(session: Session): boolean {
  const { run, reported, hasLiveEvents } = session;
  if (!run || run.paused || latestDataOf(session)?.finished) return false;
  return hasLiveEvents || reported?.status === 'running';
}

function bannerOf(session: Session, now: number): string {
  const { connection, gatewayVersion, storeProblem, refusal, restart } = session;
  if (connection.name === 'open' && storeProblem !== '')
    return `The gateway cannot store events at the moment: ${storeProblem}. Training continues, and its events follow later.`;
  if (connection.name === 'open' && restart && now - restart.at < restartNoticeMs)
    return restartTexts[restart.reason];
  const missing = missingRun(session);
  if (missing) return missing.reason;
  if (connection.name === 'closed') {
    const reason = withName(connection.reason.replace(/\.$/, ''), session.summary);
    return `Disconnected: ${reason}. Reload the page to reconnect. The data shown may be out of date.`;
  }
  if (connection.name !== 'waiting') return '';
  const retry = `Retrying ${retryIn(session, now)}.`;
  if (gatewayVersion === null) return `${refusal || 'The gateway does not respond.'} ${retry}`;
  const why = connection.reason === 'connection lost' ? '' : `: ${connection.reason}`;
  const then = isTraining(session) ? 'Training continues, and the' : 'The';
  return `Connection lost${why}. ${retry} ${then} page catches up automatically.`;
}
