import type { RunStatus } from '@mnist-monitor/shared/browser';
import { announcedEpochs, announcedSteps } from '../../state/axis.ts';
import { divergenceOf, type FoundDivergence } from '../../state/divergence.ts';
import { throughputOf } from '../../state/event-data.ts';
import { type Finding, levelNames } from '../../state/findings.ts';
import {
  capitalize,
  formatCount,
  formatDateTime,
  formatLearningRate,
  formatProgress,
  formatRate,
  formatWholeDuration,
} from '../../state/format.ts';
import { missingRun } from '../../state/missing-run.ts';
import { hasEnded, type Phase, phaseOf } from '../../state/phase.ts';
import { type BatchColumn, countsEpochs, type Run, silenceMs } from '../../state/run.ts';
import { deviceText, displayName, statusNames, tagsOf } from '../../state/run-summaries.ts';
import { awaitsEverything, speedUnitOf, stepWordOf } from '../../state/run-words.ts';
import { type LatestData, labelsOf, latestDataOf, type Session, startingRunOf } from '../../state/session.ts';
import { defaultView, type View } from '../../state/view.ts';
import { type HeaderFigure, headerFigures } from './header-figures.ts';

/** A part of the line about the progress: the epoch, the batch, the speed, the training time. */
export interface ProgressPart {
  field: 'epoch' | 'batch' | 'speed' | 'elapsed';
  text: string;
}

/** Texts and values of the run header. */
export interface HeaderText {
  phase: Phase;
  phaseName: string;
  /** Whether the run is shown as diverging or diverged. */
  hasDiverged: boolean;
  /** The phase that sets the colour of the header: `interrupted` for a diverged run, which is no success. */
  colorPhase: Phase;
  title: string;
  /** A sentence about the current phase. */
  detail: string;
  /** Completed fraction of the run, from 0 to 1; null while its length is not known. */
  progress: number | null;
  /** The progress as a text; empty while the length of the run is not known. */
  percent: string;
  tags: readonly string[];
  /** The results in large type, the most important one first. */
  figures: readonly HeaderFigure[];
  /** The known parts of the line about the progress: "Epoch 3 of 10", "batch 12 of 469", "1,805 images per second". */
  parts: readonly ProgressPart[];
  remaining: string;
}

const phaseNames: Record<Phase, string> = {
  connecting: 'Connecting',
  unreachable: 'No connection',
  reconnecting: 'Reconnecting',
  closed: 'Disconnected',
  missing: 'Not found',
  noRun: 'Waiting for a run',
  starting: 'Starting…',
  unfinished: 'Unfinished',
  ...statusNames,
};

/** The phases whose names give way to a divergence: any other end is more important. */
const judgedPhases: ReadonlySet<Phase> = new Set(['running', 'completed', 'unfinished']);

/**
 * Returns the texts and values of the run header.
 * @param now Milliseconds since the page was opened.
 * @param view The viewer's choices on which the figures depend.
 */
export function headerText(
  session: Session,
  now: number,
  view: Pick<View, 'smoothing' | 'target'> = defaultView,
): HeaderText {
  const phase = phaseOf(session);
  // A run that is being prepared has no data yet; the data of the session is that of the run before it.
  const latest = phase === 'starting' ? null : latestDataOf(session);
  const run = phase === 'starting' ? null : session.run;
  const progress = progressOf(latest, phase, run);
  const divergence = latest && judgedPhases.has(phase) ? divergenceOf(latest, run) : null;
  const input = { session, latest, run, phase, now };
  return {
    phase,
    phaseName: divergence
      ? divergedName(divergence, phase, run)
      : (missingRun(session)?.state ?? phaseNames[phase]),
    hasDiverged: divergence !== null,
    colorPhase: divergence ? 'interrupted' : phase,
    title: titleOf(session, latest) ?? emptyTitle(session, phase),
    tags: latest ? tagsOf(labelsOf(session, latest)) : [],
    detail: detailOf(input),
    progress,
    percent: progress === null ? '' : formatProgress(progress),
    figures: headerFigures({ session, latest, phase, view }),
    parts: progressParts(input),
    // A network that has diverged learns nothing in the time that is left.
    remaining: divergence ? '' : remainingOf(input),
  };
}

/** Returns the state of a run that diverges, with its place where that is known: "Diverged at batch 12". */
function divergedName({ step, loss }: FoundDivergence, phase: Phase, run: Run | null): string {
  const place = step === undefined ? '' : ` ${stepWordOf(run)} ${formatCount(step)}`;
  if (phase !== 'completed' && Number.isFinite(loss)) return `Diverging since${place}`;
  return place === '' ? 'Diverged' : `Diverged at${place}`;
}

/** Returns the parts of the line about the progress that are known. */
function progressParts(input: HeaderInput): ProgressPart[] {
  const { latest, run } = input;
  const { batch, started } = latest ?? {};
  const epoch = batch?.epoch ?? latest?.epoch?.epoch;
  const epochs = announcedEpochs(started ?? null);
  const speed = batch && (throughputOf(batch) ?? lastKnown(run, 'throughput'));
  const elapsed = elapsedOf(input);
  const texts = {
    epoch: typeof epoch === 'number' ? `Epoch ${formatCount(epoch)}${ofText(epochs)}` : '',
    batch: batchText(latest, run),
    speed: typeof speed === 'number' ? `${formatRate(speed)} ${speedUnitOf(started)}` : '',
    elapsed: elapsed === undefined ? '' : `${formatWholeDuration(elapsed)} of training`,
  };
  return (Object.keys(texts) as ProgressPart['field'][])
    .map((field) => ({ field, text: texts[field] }))
    .filter(({ text }) => text !== '');
}

const ofText = (count: number | null | undefined): string => (count ? ` of ${formatCount(count)}` : '');

/** Returns the number and total of the batch within its epoch or, for a run that numbers only its steps, of the step. */
function batchText(latest: LatestData | null, run: Run | null): string {
  const { batch, started } = latest ?? {};
  if (typeof batch?.batch === 'number')
    return `batch ${formatCount(batch.batch)}${ofText(started?.totals?.batchesPerEpoch)}`;
  const step = batch?.step ?? (run && countsEpochs(run) ? 0 : run?.step);
  return step ? `step ${formatCount(step)}${ofText(announcedSteps(started ?? null))}` : '';
}

/** Returns the latest value of a column that not every batch has. */
function lastKnown(run: Run | null, column: BatchColumn): number | undefined {
  if (!run?.steps.known.has(column)) return undefined;
  const { columns, length } = run.steps;
  return columns[column].subarray(0, length).findLast((value) => !Number.isNaN(value));
}

/** Returns the title of the tab: the level of an alert, which may be all that a narrow tab shows, then the most important value. */
export const tabTitle = (text: HeaderText, alert: Pick<Finding, 'level'> | null = null): string =>
  alert === null ? stateTitle(text) : `${levelNames[alert.level]} · ${stateTitle(text)}`;

function stateTitle(text: HeaderText): string {
  const name = 'MNIST Training Monitor';
  if (text.hasDiverged) return `${text.phaseName} — ${name}`;
  const shownValue = (...fields: HeaderFigure['field'][]): string =>
    text.figures.find(({ field, value }) => fields.includes(field) && value !== unknownText)?.value ?? '';
  const join = (...parts: string[]): string => parts.filter(Boolean).join(' · ');
  if (text.phase === 'running') return `${join(text.percent, shownValue('loss'))} — ${name}`;
  if (text.phase === 'completed')
    return `${join(shownValue('test') || shownValue('loss'), 'completed')} — ${name}`;
  if (text.phase === 'connecting') return name;
  return `${text.phaseName} — ${name}`;
}

/** The text that the formats return for an unknown value. */
const unknownText = formatCount(null);

/** Everything that a text of the header depends on. */
interface HeaderInput {
  session: Session;
  latest: LatestData | null;
  run: Run | null;
  phase: Phase;
  now: number;
}

function progressOf(latest: LatestData | null, phase: Phase, run: Run | null): number | null {
  if (phase === 'completed') return 1;
  if (phase === 'missing' && !latest) return null;
  // Before its first event, a run is at 0. If the first event is not `run.started`, the length of the run is never announced.
  if (!latest?.started) return awaitsEverything(run) ? 0 : null;
  const { started, batch, epoch } = latest;
  const total = announcedSteps(started);
  if (total && !(run && countsEpochs(run))) return Math.min(1, (batch?.step ?? run?.step ?? 0) / total);
  const epochs = announcedEpochs(started);
  return epochs ? Math.min(1, (epoch?.epoch ?? 0) / epochs) : null;
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
  const { latest, phase, run } = input;
  if (hasEnded(phase) && latest?.finished) return latest.finished.seconds;
  const seconds = latest?.batch?.elapsedSeconds ?? run?.steps.last('elapsedSeconds');
  return seconds === undefined ? undefined : seconds + sinceLastEvent(input);
}

function remainingOf(input: HeaderInput): string {
  const { latest, phase, session } = input;
  if (phase === 'completed') return 'Done';
  if (phase !== 'running' && phase !== 'paused') return '';
  const eta = latest?.batch?.etaSeconds;
  if (typeof eta === 'number') return `${formatWholeDuration(Math.max(0, eta - sinceLastEvent(input)))} left`;
  // Other publishers may never send an estimate.
  return latest && awaitsEverything(session.run) ? 'Estimating…' : '';
}

const titleOf = (session: Session, latest: LatestData | null): string | undefined =>
  latest ? displayName({ runId: latest.runId, ...labelsOf(session, latest) }) : undefined;

function emptyTitle(session: Session, phase: Phase): string {
  if (phase === 'noRun') return 'No run yet';
  if (phase === 'starting') return startingRunOf(session)?.name ?? 'New run';
  if (phase === 'missing') return 'No run to show';
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
    case 'missing':
      return `${missingRun(session)?.reason} Choose another run under “Runs”, or follow the latest one.`;
    case 'closed':
      return 'The connection is closed. Reload the page to reconnect.';
    case 'starting':
      return 'A trainer is preparing the run. It appears here when it begins.';
    case 'noRun':
      return session.waitingTrainers > 0
        ? 'A trainer is ready. Start it with “New run”.'
        : 'Its trainer takes a few seconds to start. Without npm start, npm run trainer starts one.';
    case 'completed':
    case 'stopped':
    case 'failed':
    case 'interrupted':
      return endedDetail(latest, session.run);
    case 'unfinished':
      return unfinishedDetail(session);
    case 'stalled':
      return stalledDetail(session, now);
    case 'paused':
      return `Training is paused after its current ${stepWordOf(session.run)}. Nothing is lost.`;
    default:
      return latest ? configDetail(latest) : '';
  }
}

/** The state of a run that had not ended when its page was saved, as a part of a sentence. */
const savedStatusTexts: Partial<Record<RunStatus, string>> = {
  paused: 'while the run was paused',
  stalled: 'while its trainer sent no data',
  interrupted: 'after its trainer had disconnected',
};

/** Describes a run that had not ended when its page was saved as a file: the file will not show more of it. */
function unfinishedDetail({ savedAt, reported }: Session): string {
  const status = reported?.status ?? 'running';
  return `Saved on ${formatDateTime(savedAt ?? 0)}, ${savedStatusTexts[status] ?? 'while the run was still going on'}.`;
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
  const hasBest = typeof finished.bestEpoch === 'number' && Number.isFinite(bestEpoch?.test?.loss ?? 0);
  const best = hasBest ? ` · best epoch ${finished.bestEpoch}` : '';
  return `${capitalize(finished.reason)} · ${formatWholeDuration(finished.seconds)}${best}`;
}

function configDetail({ started, batch }: LatestData): string {
  if (!started) return '';
  const { config, dataset, device } = started;
  // A schedule changes the rate with each batch, so its peak is shown.
  const rate =
    config.schedule === 'constant' ? (batch?.learningRate ?? config.learningRate) : config.learningRate;
  const isKnown = (value: unknown): value is number => typeof value === 'number';
  return [
    dataset?.name,
    isKnown(config.batchSize) && `batch size ${formatCount(config.batchSize)}`,
    isKnown(rate) && `learning rate ${formatLearningRate(rate)}`,
    deviceText(device),
  ]
    .filter(Boolean)
    .join(' · ');
}
