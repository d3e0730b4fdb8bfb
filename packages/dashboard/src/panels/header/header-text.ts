import {
  capitalize,
  formatCount,
  formatLearningRate,
  formatLoss,
  formatPercent,
  formatProgress,
  formatRate,
  formatWholeDuration,
} from '../../state/format.ts';
import { hasEnded, type Phase, phaseOf } from '../../state/phase.ts';
import { type Run, silenceMs } from '../../state/run.ts';
import { displayName, statusNames } from '../../state/run-summaries.ts';
import { type Headline, headlineOf, type Session } from '../../state/session.ts';

/** The words of the run header. */
export interface HeaderText {
  phase: Phase;
  phaseName: string;
  /** The phase that it looks like: a run that has diverged is no success. */
  look: Phase;
  title: string;
  /** What is going on, in a sentence. */
  detail: string;
  /** From 0 to 1. */
  progress: number;
  percent: string;
  remaining: string;
  loss: string;
  /** Whether the loss is a number: if not, the run has diverged. */
  lossIsFinite: boolean;
  /** Which batch loss and accuracy are of. */
  batchNote: string;
  accuracy: string;
  test: string;
  /** What the test accuracy belongs to. */
  testNote: string;
  epoch: string;
  epochs: string;
  batch: string;
  batches: string;
  speed: string;
  elapsed: string;
}

const phaseNames: Record<Phase, string> = {
  connecting: 'Connecting',
  unreachable: 'No connection',
  reconnecting: 'Reconnecting',
  closed: 'Disconnected',
  waiting: 'Waiting for a run',
  ...statusNames,
  replay: 'Replay',
};

export function headerText(session: Session, now: number): HeaderText {
  const phase = phaseOf(session);
  const headline = headlineOf(session);
  const batch = headline?.batch;
  const progress = progressOf(headline, phase);
  const config = headline?.started?.config;
  const diverged = phase === 'running' || phase === 'completed' ? session.run?.diverged : undefined;
  return {
    phase,
    phaseName: diverged ? `Diverged at batch ${formatCount(diverged.step)}` : phaseNames[phase],
    look: diverged ? 'interrupted' : phase,
    title: titleOf(session, headline) ?? emptyTitle(phase),
    detail: detailOf({ session, headline, phase, now }),
    progress,
    percent: formatProgress(progress),
    remaining: remainingOf({ session, headline, phase, now }),
    loss: formatLoss(batch?.loss),
    lossIsFinite: batch ? Number.isFinite(batch.loss) : true,
    batchNote: hasEnded(phase) ? 'last batch' : 'this batch',
    accuracy: formatPercent(batch?.accuracy),
    test: formatPercent(headline?.finished?.test?.accuracy ?? headline?.epoch?.test.accuracy),
    testNote: testNote(headline),
    epoch: formatCount(batch?.epoch),
    epochs: config ? `of ${formatCount(config.epochs)}` : '',
    batch: formatCount(batch?.batch),
    batches: headline?.started ? `of ${formatCount(headline.started.totals.batchesPerEpoch)}` : '',
    speed: formatRate(batch?.imagesPerSecond),
    elapsed: formatWholeDuration(elapsedOf({ session, headline, phase, now })),
  };
}

/** The title of the tab: what one wants to know from afar. */
export function tabTitle(text: HeaderText): string {
  const name = 'MNIST Training Monitor';
  if (text.look !== text.phase) return `${text.phaseName} — ${name}`;
  if (text.phase === 'running') return `${text.percent} · ${text.loss} — ${name}`;
  if (text.phase === 'completed') return `${text.test} · completed — ${name}`;
  if (text.phase === 'connecting') return name;
  return `${text.phaseName} — ${name}`;
}

interface Moment {
  session: Session;
  headline: Headline | null;
  phase: Phase;
  now: number;
}

function progressOf(headline: Headline | null, phase: Phase): number {
  if (phase === 'completed') return 1;
  if (!headline?.batch || !headline.started) return 0;
  return Math.min(1, headline.batch.step / headline.started.totals.steps);
}

/** Seconds since the last event, as long as the run is thought to go on: clocks tick between batches, too. */
function sinceLastEvent({ session, phase, now }: Moment): number {
  if (phase !== 'running' || !session.caughtUp || session.lastEventAt === null) return 0;
  return Math.min(now - session.lastEventAt, silenceMs) / 1_000;
}

function elapsedOf(moment: Moment): number | undefined {
  const { headline, phase } = moment;
  if (hasEnded(phase) && headline?.finished) return headline.finished.seconds;
  return headline?.batch ? headline.batch.elapsedSeconds + sinceLastEvent(moment) : undefined;
}

function remainingOf(moment: Moment): string {
  const { headline, phase } = moment;
  if (phase === 'completed') return 'Done';
  if (phase !== 'running' && phase !== 'paused') return '';
  const eta = headline?.batch?.etaSeconds;
  if (eta === null || eta === undefined) return headline ? 'Estimating…' : '';
  return `${formatWholeDuration(Math.max(0, eta - sinceLastEvent(moment)))} left`;
}

function testNote(headline: Headline | null): string {
  if (headline?.finished?.test) return headline.finished.status === 'completed' ? 'final' : 'last';
  return headline?.epoch ? `after epoch ${headline.epoch.epoch}` : 'after each epoch';
}

const titleOf = ({ summary }: Session, headline: Headline | null): string | undefined =>
  summary && summary.runId === headline?.runId ? displayName(summary) : headline?.runId;

function emptyTitle(phase: Phase): string {
  if (phase === 'waiting') return 'No run yet';
  return phase === 'connecting' ? 'Connecting' : 'Not connected';
}

function detailOf({ session, headline, phase, now }: Moment): string {
  switch (phase) {
    case 'connecting':
      return 'Connecting to the gateway…';
    case 'unreachable':
      return 'The gateway does not answer. The page keeps trying.';
    case 'reconnecting':
      return headline?.started ? configDetail(headline) : 'The page comes back by itself.';
    case 'waiting':
      return session.waitingTrainers > 0
        ? 'A trainer is ready. “New run” starts it.'
        : 'Start a trainer (npm run trainer) and its run shows here by itself.';
    case 'completed':
    case 'stopped':
    case 'failed':
    case 'interrupted':
      return endedDetail(headline, session.run);
    case 'stalled':
      return stalledDetail(session, now);
    case 'paused':
      return 'Training is held after the step it was in; nothing is lost.';
    default:
      return headline ? configDetail(headline) : '';
  }
}

function stalledDetail({ lastEventAt, reported }: Session, now: number): string {
  if (reported?.connected === false)
    return 'The trainer is not connected. The page goes on by itself when it comes back.';
  const silence = lastEventAt === null ? 0 : (now - lastEventAt) / 1_000;
  return `Nothing heard from the trainer for ${formatWholeDuration(silence)}. The page goes on by itself when it speaks again.`;
}

function endedDetail(headline: Headline | null, run: Run | null): string {
  const finished = headline?.finished;
  if (!finished) return 'The trainer is gone and has not come back. If it does, the page goes on by itself.';
  const named = run?.epochs.find(({ epoch }) => epoch === finished.bestEpoch);
  const isBest = finished.bestEpoch !== null && (!named || Number.isFinite(named.test.loss));
  const best = isBest ? ` · best epoch ${finished.bestEpoch}` : '';
  return `${capitalize(finished.reason)} · ${formatWholeDuration(finished.seconds)}${best}`;
}

function configDetail({ started, batch }: Headline): string {
  if (!started) return '';
  const { config, dataset, device } = started;
  // A schedule changes the rate with each batch: its peak says more.
  const rate =
    config.schedule === 'constant' ? (batch?.learningRate ?? config.learningRate) : config.learningRate;
  return [
    dataset.name,
    `batch size ${formatCount(config.batchSize)}`,
    `learning rate ${formatLearningRate(rate)}`,
    `${device.engine} on ${device.kind.toUpperCase()}`,
  ].join(' · ');
}
