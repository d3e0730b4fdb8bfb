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

/** Texts and figures of the run header. */
export interface HeaderText {
  phase: Phase;
  phaseName: string;
  /** The phase that sets the colour of the header: `interrupted` for a diverged run, which is no success. */
  colorPhase: Phase;
  title: string;
  /** A sentence about the current phase. */
  detail: string;
  /** Completed fraction of the run, from 0 to 1. */
  progress: number;
  percent: string;
  remaining: string;
  loss: string;
  /** Whether the loss is a finite number: if not, the run has diverged. */
  lossIsFinite: boolean;
  /** The batch that loss and accuracy belong to. */
  batchNote: string;
  accuracy: string;
  test: string;
  /** The epoch that the test accuracy belongs to. */
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

/** Returns the texts and figures of the run header; `now` is in milliseconds of `performance.now()`. */
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
    colorPhase: diverged ? 'interrupted' : phase,
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

/** Returns the title of the tab, with the most important figure first. */
export function tabTitle(text: HeaderText): string {
  const name = 'MNIST Training Monitor';
  if (text.colorPhase !== text.phase) return `${text.phaseName} — ${name}`;
  if (text.phase === 'running') return `${text.percent} · ${text.loss} — ${name}`;
  if (text.phase === 'completed') return `${text.test} · completed — ${name}`;
  if (text.phase === 'connecting') return name;
  return `${text.phaseName} — ${name}`;
}

/** Everything that a text of the header depends on. */
interface HeaderInput {
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

/** Seconds since the last event of a running run, so that its clocks advance between batches. */
function sinceLastEvent({ session, phase, now }: HeaderInput): number {
  if (phase !== 'running' || !session.caughtUp || session.lastEventAt === null) return 0;
  return Math.min(now - session.lastEventAt, silenceMs) / 1_000;
}

function elapsedOf(input: HeaderInput): number | undefined {
  const { headline, phase } = input;
  if (hasEnded(phase) && headline?.finished) return headline.finished.seconds;
  return headline?.batch ? headline.batch.elapsedSeconds + sinceLastEvent(input) : undefined;
}

function remainingOf(input: HeaderInput): string {
  const { headline, phase } = input;
  if (phase === 'completed') return 'Done';
  if (phase !== 'running' && phase !== 'paused') return '';
  const eta = headline?.batch?.etaSeconds;
  if (eta === null || eta === undefined) return headline ? 'Estimating…' : '';
  return `${formatWholeDuration(Math.max(0, eta - sinceLastEvent(input)))} left`;
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

function detailOf({ session, headline, phase, now }: HeaderInput): string {
  switch (phase) {
    case 'connecting':
      return 'Connecting to the gateway…';
    case 'unreachable':
      return 'The gateway does not respond. Retrying automatically.';
    case 'reconnecting':
      return headline?.started ? configDetail(headline) : 'Reconnecting automatically.';
    case 'waiting':
      return session.waitingTrainers > 0
        ? 'A trainer is ready. Start it with “New run”.'
        : 'Start a trainer with npm run trainer. Its run appears here.';
    case 'completed':
    case 'stopped':
    case 'failed':
    case 'interrupted':
      return endedDetail(headline, session.run);
    case 'stalled':
      return stalledDetail(session, now);
    case 'paused':
      return 'Training is paused after its current batch. Nothing is lost.';
    default:
      return headline ? configDetail(headline) : '';
  }
}

function stalledDetail({ lastEventAt, reported }: Session, now: number): string {
  if (reported?.connected === false)
    return 'The trainer is not connected. The run continues here when it reconnects.';
  const silence = lastEventAt === null ? 0 : (now - lastEventAt) / 1_000;
  return `No data from the trainer for ${formatWholeDuration(silence)}. The run continues here when data arrives.`;
}

function endedDetail(headline: Headline | null, run: Run | null): string {
  const finished = headline?.finished;
  if (!finished)
    return 'The trainer disconnected and has not returned. The run continues here if it reconnects.';
  const bestEpoch = run?.epochs.find(({ epoch }) => epoch === finished.bestEpoch);
  const isBest = finished.bestEpoch !== null && (!bestEpoch || Number.isFinite(bestEpoch.test.loss));
  const best = isBest ? ` · best epoch ${finished.bestEpoch}` : '';
  return `${capitalize(finished.reason)} · ${formatWholeDuration(finished.seconds)}${best}`;
}

function configDetail({ started, batch }: Headline): string {
  if (!started) return '';
  const { config, dataset, device } = started;
  // A schedule changes the rate with each batch, so its peak is shown.
  const rate =
    config.schedule === 'constant' ? (batch?.learningRate ?? config.learningRate) : config.learningRate;
  return [
    dataset.name,
    `batch size ${formatCount(config.batchSize)}`,
    `learning rate ${formatLearningRate(rate)}`,
    `${device.engine} on ${device.kind.toUpperCase()}`,
  ].join(' · ');
}
