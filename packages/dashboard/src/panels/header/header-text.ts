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
import { type LatestData, latestDataOf, type Session } from '../../state/session.ts';

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
  /** Number of epochs: "of 10". */
  epochs: string;
  /** Number of the batch within its epoch. */
  batch: string;
  /** Number of batches in an epoch: "of 469". */
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
  const latest = latestDataOf(session);
  const batch = latest?.batch;
  const progress = progressOf(latest, phase);
  const config = latest?.started?.config;
  const diverged = phase === 'running' || phase === 'completed' ? session.run?.diverged : undefined;
  return {
    phase,
    phaseName: diverged ? `Diverged at batch ${formatCount(diverged.step)}` : phaseNames[phase],
    colorPhase: diverged ? 'interrupted' : phase,
    title: titleOf(session, latest) ?? emptyTitle(phase),
    detail: detailOf({ session, latest, phase, now }),
    progress,
    percent: formatProgress(progress),
    remaining: remainingOf({ session, latest, phase, now }),
    loss: formatLoss(batch?.loss),
    lossIsFinite: batch ? Number.isFinite(batch.loss) : true,
    batchNote: hasEnded(phase) ? 'last batch' : 'this batch',
    accuracy: formatPercent(batch?.accuracy),
    test: formatPercent(latest?.finished?.test?.accuracy ?? latest?.epoch?.test.accuracy),
    testNote: testNote(latest),
    epoch: formatCount(batch?.epoch),
    epochs: config ? `of ${formatCount(config.epochs)}` : '',
    batch: formatCount(batch?.batch),
    batches: latest?.started ? `of ${formatCount(latest.started.totals.batchesPerEpoch)}` : '',
    speed: formatRate(batch?.imagesPerSecond),
    elapsed: formatWholeDuration(elapsedOf({ session, latest, phase, now })),
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
  latest: LatestData | null;
  phase: Phase;
  now: number;
}

function progressOf(latest: LatestData | null, phase: Phase): number {
  if (phase === 'completed') return 1;
  if (!latest?.batch || !latest.started) return 0;
  return Math.min(1, latest.batch.step / latest.started.totals.steps);
}

/**
 * Returns the seconds since the last event, at most `silenceMs`, by which the elapsed and the remaining time advance
 * between batches; 0 when the run is not running.
 */
function sinceLastEvent({ session, phase, now }: HeaderInput): number {
  if (phase !== 'running' || !session.caughtUp || session.lastEventAt === null) return 0;
  return Math.min(now - session.lastEventAt, silenceMs) / 1_000;
}

function elapsedOf(input: HeaderInput): number | undefined {
  const { latest, phase } = input;
  if (hasEnded(phase) && latest?.finished) return latest.finished.seconds;
  return latest?.batch ? latest.batch.elapsedSeconds + sinceLastEvent(input) : undefined;
}

function remainingOf(input: HeaderInput): string {
  const { latest, phase } = input;
  if (phase === 'completed') return 'Done';
  if (phase !== 'running' && phase !== 'paused') return '';
  const eta = latest?.batch?.etaSeconds;
  if (eta === null || eta === undefined) return latest ? 'Estimating…' : '';
  return `${formatWholeDuration(Math.max(0, eta - sinceLastEvent(input)))} left`;
}

function testNote(latest: LatestData | null): string {
  if (latest?.finished?.test) return latest.finished.status === 'completed' ? 'final' : 'last';
  return latest?.epoch ? `after epoch ${latest.epoch.epoch}` : 'after each epoch';
}

const titleOf = ({ summary }: Session, latest: LatestData | null): string | undefined =>
  summary && summary.runId === latest?.runId ? displayName(summary) : latest?.runId;

function emptyTitle(phase: Phase): string {
  if (phase === 'waiting') return 'No run yet';
  return phase === 'connecting' ? 'Connecting' : 'Not connected';
}

function detailOf({ session, latest, phase, now }: HeaderInput): string {
  switch (phase) {
    case 'connecting':
      return 'Connecting to the gateway…';
    case 'unreachable':
      return `${session.refusal || 'The gateway does not respond.'} Retrying automatically.`;
    case 'reconnecting':
      return latest?.started ? configDetail(latest) : 'Reconnecting automatically.';
    case 'waiting':
      return session.waitingTrainers > 0
        ? 'A trainer is ready. Start it with “New run”.'
        : 'Start a trainer with npm run trainer. Its run appears here.';
    case 'completed':
    case 'stopped':
    case 'failed':
    case 'interrupted':
      return endedDetail(latest, session.run);
    case 'stalled':
      return stalledDetail(session, now);
    case 'paused':
      return 'Training is paused after its current batch. Nothing is lost.';
    default:
      return latest ? configDetail(latest) : '';
  }
}

function stalledDetail({ lastEventAt, reported }: Session, now: number): string {
  if (reported?.connected === false)
    return 'The trainer is not connected. The run continues here when it reconnects.';
  const silence = lastEventAt === null ? 0 : (now - lastEventAt) / 1_000;
  return `No data from the trainer for ${formatWholeDuration(silence)}. The run continues here when data arrives.`;
}

function endedDetail(latest: LatestData | null, run: Run | null): string {
  const finished = latest?.finished;
  if (!finished)
    return 'The trainer disconnected and has not returned. The run continues here if it reconnects.';
  const bestEpoch = run?.epochs.find(({ epoch }) => epoch === finished.bestEpoch);
  const hasBest = finished.bestEpoch !== null && (!bestEpoch || Number.isFinite(bestEpoch.test.loss));
  const best = hasBest ? ` · best epoch ${finished.bestEpoch}` : '';
  return `${capitalize(finished.reason)} · ${formatWholeDuration(finished.seconds)}${best}`;
}

function configDetail({ started, batch }: LatestData): string {
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
