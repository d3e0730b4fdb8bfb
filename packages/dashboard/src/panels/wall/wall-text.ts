import { announcedEpochs, announcedSteps } from '../../state/axis.ts';
import { throughputOf } from '../../state/event-data.ts';
import {
  formatCount,
  formatLoss,
  formatNumber,
  formatPercent,
  formatRate,
  formatTime,
  formatWholeDuration,
} from '../../state/format.ts';
import { hasEnded, type Phase, phaseOf } from '../../state/phase.ts';
import type { BatchColumn, Run } from '../../state/run.ts';
import { speedUnitOf, stepWordOf } from '../../state/run-words.ts';
import { type LatestData, latestDataOf, type Session } from '../../state/session.ts';

/** A number on the wall, with its name and a note. */
export interface WallFigure {
  name: string;
  value: string;
  note: string;
}

/** Maximum number of figures: a person who walks by reads no more. */
const figureLimit = 4;
/** Number of batches whose mean is shown: a single one changes too fast to be read. */
const meanBatches = 20;

/**
 * Returns the most important numbers of a run, at most four, the most important one first: the accuracy on the test images or what the
 * run has in its place, the loss, the progress, and the time.
 */
export function wallFigures(session: Session): WallFigure[] {
  const { run } = session;
  const latest = latestDataOf(session);
  if (!run || !latest) return [];
  const phase = phaseOf(session);
  const metrics = metricFigures(run);
  const [main = metrics.shift()] = [accuracyFigure(run, latest)];
  const figures = [main, lossFigure(run, latest), progressFigure(run, latest), timeFigure(latest, phase)];
  const others = [speedFigure(run, latest), ...metrics];
  return [...figures, ...others].filter((figure) => figure !== undefined).slice(0, figureLimit);
}

function accuracyFigure(run: Run, latest: LatestData): WallFigure | undefined {
  const test = latest.finished?.test?.accuracy ?? latest.epoch?.test?.accuracy;
  if (typeof test === 'number') {
    const best = run.epochs.reduce<{ epoch: number; accuracy: number } | undefined>(
      (found, { epoch, test: result }) => {
        const { accuracy } = result ?? {};
        return typeof accuracy === 'number' && accuracy > (found?.accuracy ?? -1)
          ? { epoch, accuracy }
          : found;
      },
      undefined,
    );
    const isBest = !best || best.accuracy <= test;
    return {
      name: 'Test accuracy',
      value: formatPercent(test),
      note: isBest
        ? `after epoch ${latest.epoch?.epoch ?? ''}`
        : `best ${formatPercent(best.accuracy)}, epoch ${best.epoch}`,
    };
  }
  const training = meanOf(run, 'accuracy');
  return training && { name: 'Accuracy', value: formatPercent(training.value), note: training.note };
}

/** Returns the figures of the custom metrics: those with a direction first, which are results. */
function metricFigures(run: Run): WallFigure[] {
  const definitions = run.started?.metrics ?? {};
  const names = [...run.metrics.keys()];
  const isResult = (name: string): boolean => Boolean(definitions[name]?.direction);
  return [...names.filter(isResult), ...names.filter((name) => !isResult(name))].map((name) => ({
    name,
    value: formatNumber(run.metrics.get(name)?.last('value')),
    note: definitions[name]?.unit ?? '',
  }));
}

function lossFigure(run: Run, latest: LatestData): WallFigure | undefined {
  const mean = meanOf(run, 'loss');
  if (mean) return { name: 'Loss', value: formatLoss(mean.value), note: mean.note };
  const loss = latest.epoch?.train?.loss ?? latest.epoch?.test?.loss;
  return typeof loss === 'number' ? { name: 'Loss', value: formatLoss(loss), note: '' } : undefined;
}

/** Returns the mean of the last values of a column; the last value if that is not finite, and undefined without any. */
function meanOf(run: Run, column: BatchColumn): { value: number; note: string } | undefined {
  const { steps } = run;
  if (!steps.known.has(column)) return undefined;
  const all = steps.columns[column].subarray(Math.max(0, steps.length - meanBatches), steps.length);
  const last = all.at(-1);
  if (last !== undefined && !Number.isFinite(last) && !steps.sparse.has(column))
    return { value: last, note: `last ${stepWordOf(run)}` };
  const finite = all.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  const value = finite.reduce((sum, each) => sum + each, 0) / finite.length;
  const word = stepWordOf(run);
  return {
    value,
    note:
      finite.length === 1
        ? `last ${word}`
        : `mean of ${finite.length} ${word === 'batch' ? 'batches' : `${word}s`}`,
  };
}

function progressFigure(run: Run, { started, batch, epoch }: LatestData): WallFigure | undefined {
  const epochs = announcedEpochs(started);
  const current = batch?.epoch ?? epoch?.epoch;
  if (typeof current === 'number')
    return { name: 'Epoch', value: formatCount(current), note: epochs ? `of ${formatCount(epochs)}` : '' };
  if (run.step === 0) return undefined;
  const steps = announcedSteps(started);
  return { name: 'Step', value: formatCount(run.step), note: steps ? `of ${formatCount(steps)}` : '' };
}

function timeFigure({ finished, batch }: LatestData, phase: Phase): WallFigure | undefined {
  if (finished) return { name: 'Took', value: formatWholeDuration(finished.seconds), note: '' };
  const isUnfinished = !hasEnded(phase);
  if (isUnfinished && typeof batch?.etaSeconds === 'number')
    return { name: 'Time left', value: formatWholeDuration(batch.etaSeconds), note: 'at this speed' };
  return typeof batch?.elapsedSeconds === 'number'
    ? { name: 'Trained for', value: formatWholeDuration(batch.elapsedSeconds), note: '' }
    : undefined;
}

function speedFigure({ started }: Run, { batch }: LatestData): WallFigure | undefined {
  const speed = batch && throughputOf(batch);
  return typeof speed === 'number'
    ? { name: 'Speed', value: formatRate(speed), note: speedUnitOf(started) }
    : undefined;
}

/**
 * Returns a sentence about a connection that is lost; empty while it is open.
 * @param openAt When it was last open, in milliseconds since 1970; null for never.
 */
export function wallProblem(session: Session, openAt: number | null): string {
  const { connection, storeProblem, refusal } = session;
  if (connection.name === 'open') return storeProblem === '' ? '' : 'The gateway cannot store new data.';
  if (openAt === null)
    return connection.name === 'connecting' ? '' : refusal || 'The gateway does not respond.';
  const since = formatTime(openAt, 'minutes');
  return session.run
    ? `No connection since ${since}. What you see is from then.`
    : `No connection since ${since}.`;
}
