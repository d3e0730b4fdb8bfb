import {
  formatCount,
  formatLoss,
  formatNumber,
  formatPercent,
  formatWholeDuration,
} from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { hasEnded, type Phase } from '../../state/phase.ts';
import { probeAccuracy } from '../../state/probe.ts';
import type { BatchColumn, Run } from '../../state/run.ts';
import { awaitsEverything, stepWordOf, unitOf } from '../../state/run-words.ts';
import type { LatestData, Session } from '../../state/session.ts';
import { smoothedAt } from '../../state/smoothing.ts';
import { targetOf, type View } from '../../state/view.ts';

/** A result of a run that the header shows in large type. */
export interface HeaderFigure {
  field: 'test' | 'accuracy' | 'loss' | 'metric';
  name: string;
  /** A word for the figure where there is no room for its name. */
  shortName: string;
  /** The curve of the figure on the charts, whose colour is shown beside the name; null for none. */
  curve: 'train' | 'test' | null;
  value: string;
  /** Lines about the value: when it was measured, how it has changed, and how far it is from the target. */
  notes: readonly string[];
  /** Whether the value is NaN or infinite, which is marked. */
  isBad: boolean;
}

/** Everything that the figures depend on. */
export interface FigureInput {
  session: Session;
  latest: LatestData | null;
  phase: Phase;
  view: Pick<View, 'smoothing' | 'target'>;
}

/**
 * Returns the figures of a run, the most important one first: its accuracy on test images or, without one, in training, or its loss.
 * A run that has no value for a figure does not have the figure, unless it has announced everything.
 */
export function headerFigures(input: FigureInput): readonly HeaderFigure[] {
  const { latest, session, phase } = input;
  if (phase === 'missing' && !latest) return [];
  const awaited = latest === null || awaitsEverything(session.run);
  const [test, loss] = [testFigure(input, awaited), lossFigure(input, awaited)];
  const accuracy = accuracyFigure(input, awaited);
  const metric = test || accuracy ? undefined : metricFigure(session.run);
  return [test, ...(test ? [loss, accuracy] : [accuracy, loss]), metric].filter(
    (figure) => figure !== undefined,
  );
}

/** Returns the accuracy on the test images; before the first epoch has ended, that on the probe images. */
function testFigure(
  { session, latest, phase, view }: FigureInput,
  awaited: boolean,
): HeaderFigure | undefined {
  const run = latest && session.run;
  const measured = latest?.finished?.test?.accuracy ?? latest?.epoch?.test?.accuracy;
  const figure = { field: 'test', name: 'Test accuracy', shortName: 'test', curve: 'test' } as const;
  if (typeof measured !== 'number') {
    const probe = run?.epochs.length === 0 ? probeAccuracy(run.probe) : undefined;
    if (!awaited && !probe) return undefined;
    const notes = probe
      ? [
          `on ${formatCount(probe.images)} ${unitOf(run?.started)}, ${stepWordOf(run)} ${formatCount(probe.step)}`,
          hasEnded(phase) ? '' : 'on all of them after epoch 1',
        ]
      : ['measured after each epoch'];
    return { ...figure, value: formatPercent(probe?.accuracy), notes: notes.filter(Boolean), isBad: false };
  }
  const target = targetOf(view, latest);
  const when = latest?.finished?.test ? 'final' : `after epoch ${formatCount(latest?.epoch?.epoch)}`;
  // While the stored epochs are arriving, the latest one known is not the one before the result.
  const epochs = run && session.caughtUp ? testedEpochs(run.epochs) : [];
  const isLatest = epochs.at(-1)?.accuracy === measured;
  const notes = [
    [when, isLatest ? changeText(epochs) : ''].filter(Boolean).join(', '),
    bestText(epochs, measured, phase),
    target === null || !run || !session.caughtUp ? '' : targetText(run, { epochs, measured, target }),
  ];
  return {
    ...figure,
    value: formatPercent(measured),
    notes: notes.filter(Boolean),
    isBad: !Number.isFinite(measured),
  };
}

interface TestedEpoch {
  epoch: number;
  step: number;
  accuracy: number;
}

/** Returns the epochs with a test accuracy, without those whose test loss is not finite. */
const testedEpochs = memoizeLast((epochs: Run['epochs']): readonly TestedEpoch[] =>
  epochs.flatMap(({ epoch, step, test }) =>
    Number.isFinite(test?.accuracy) && Number.isFinite(test?.loss ?? 0)
      ? [{ epoch, step, accuracy: test?.accuracy as number }]
      : [],
  ),
);

/** Formats a difference of shares in percentage points: 0.0123 → "1.23 points". */
const pointsText = (difference: number): string =>
  `${formatPercent(Math.abs(difference)).replace(/\s*%$/, '')}\u00a0points`;

function changeText(epochs: readonly TestedEpoch[]): string {
  const [before, last] = epochs.slice(-2);
  if (!before || !last) return '';
  const change = last.accuracy - before.accuracy;
  return change === 0 ? 'unchanged' : `${change > 0 ? 'up' : 'down'} ${pointsText(change)}`;
}

/** Returns which epoch was better than a result, or that none was. */
function bestText(epochs: readonly TestedEpoch[], measured: number, phase: Phase): string {
  const [first] = epochs;
  // The only epoch needs no comparison with itself.
  if (!first || (epochs.length === 1 && measured === first.accuracy)) return '';
  const best = epochs.reduce((best, each) => (each.accuracy > best.accuracy ? each : best), first);
  if (measured >= best.accuracy) return hasEnded(phase) ? 'no epoch was better' : 'the best so far';
  return `best ${formatPercent(best.accuracy)} after epoch ${formatCount(best.epoch)}`;
}

/** Returns when the target was first reached, or how far the result is from it. */
function targetText(
  run: Run,
  { epochs, measured, target }: { epochs: readonly TestedEpoch[]; measured: number; target: number },
): string {
  const name = `${Number((target * 100).toFixed(4))}\u00a0%`;
  const reached = epochs.find(({ accuracy }) => accuracy >= target);
  if (!reached)
    return measured < target ? `${pointsText(target - measured)} short of ${name}` : `${name} reached`;
  const seconds = run.steps.at('elapsedSeconds', reached.step);
  const time = Number.isFinite(seconds) ? `, ${formatWholeDuration(seconds)}` : '';
  return `${name} reached after epoch ${formatCount(reached.epoch)}${time}`;
}

function accuracyFigure(
  { session, latest, phase, view }: FigureInput,
  awaited: boolean,
): HeaderFigure | undefined {
  const reading = latest && latestReading(latest, session, 'accuracy', view.smoothing);
  const figure = {
    field: 'accuracy',
    name: 'Training accuracy',
    shortName: 'train',
    curve: 'train',
  } as const;
  if (!reading)
    return awaited ? { ...figure, value: formatPercent(null), notes: [], isBad: false } : undefined;
  return {
    ...figure,
    value: formatPercent(reading.smoothed),
    notes: readingNotes(reading, { session, phase, format: formatPercent }),
    isBad: false,
  };
}

function lossFigure(
  { session, latest, phase, view }: FigureInput,
  awaited: boolean,
): HeaderFigure | undefined {
  const test = latest?.finished?.test?.loss ?? latest?.epoch?.test?.loss;
  const reading = latest && latestReading(latest, session, 'loss', view.smoothing);
  const figure = { field: 'loss', name: 'Loss', shortName: 'loss' } as const;
  const testTime = latest?.finished?.test ? 'final' : `after epoch ${formatCount(latest?.epoch?.epoch)}`;
  if (!reading) {
    if (typeof test !== 'number' && !awaited) return undefined;
    const isTest = typeof test === 'number';
    return {
      ...{ ...figure, curve: isTest ? 'test' : 'train', value: formatLoss(test) },
      ...{ notes: isTest ? [`test, ${testTime}`] : [], isBad: !Number.isFinite(test ?? 0) },
    };
  }
  return {
    ...{ ...figure, curve: 'train', value: formatLoss(reading.smoothed) },
    notes: [
      ...readingNotes(reading, { session, phase, format: formatLoss }),
      ...(typeof test === 'number' ? [`test ${formatLoss(test)}, ${testTime}`] : []),
    ],
    isBad: !Number.isFinite(reading.smoothed),
  };
}

/** The latest value of a column, as it was sent and smoothed. */
interface Reading {
  raw: number;
  smoothed: number;
  step: number;
  /** Whether the value was averaged with those before it. */
  isSmoothed: boolean;
}

/** Returns the latest value of a column that not every batch has; null while the run has none. */
function latestReading(
  { batch }: LatestData,
  { run, caughtUp }: Session,
  column: Extract<BatchColumn, 'loss' | 'accuracy'>,
  smoothing: number,
): Reading | null {
  const current = batch?.[column];
  // The stored batches before the latest one are still arriving.
  if (!caughtUp && batch && typeof current === 'number')
    return { raw: current, smoothed: current, step: batch.step, isSmoothed: false };
  if (!run?.steps.known.has(column) && typeof current !== 'number') return null;
  const { steps } = run as Run;
  const values = steps.columns[column];
  // In a column with values in some rows only, NaN is a row without a value.
  const row = steps.sparse.has(column)
    ? values.subarray(0, steps.length).findLastIndex((value) => !Number.isNaN(value))
    : steps.length - 1;
  if (row < 0) return null;
  const raw = values[row] as number;
  // The few points of a run that reports only epochs are drawn as they are, too.
  const isSmoothed = smoothing > 0 && !run?.byEpoch && Number.isFinite(raw);
  const source = { values, length: steps.length, generation: steps.generation };
  const smoothed = isSmoothed ? smoothedAt(source, row, smoothing) : raw;
  return { raw, smoothed, step: steps.x[row] as number, isSmoothed };
}

function readingNotes(
  { raw, step, isSmoothed }: Reading,
  { session, phase, format }: { session: Session; phase: Phase; format: (value: number) => string },
): string[] {
  const { run } = session;
  const word = stepWordOf(run);
  const isCurrent = !session.caughtUp || step === run?.step;
  const which = isCurrent ? `${hasEnded(phase) ? 'last' : 'this'} ${word}` : `${word} ${formatCount(step)}`;
  return [isSmoothed ? `smoothed; ${which} ${format(raw)}` : which];
}

/** Returns the custom metric that the run is about: the first one with a direction or, if none has one, the first one. */
function metricFigure(run: Run | null): HeaderFigure | undefined {
  const definitions = run?.started?.metrics ?? {};
  const [first] = run?.metrics.keys() ?? [];
  const name = Object.keys(definitions).find((each) => definitions[each]?.direction) ?? first;
  const series = name === undefined ? undefined : run?.metrics.get(name);
  const value = series?.last('value');
  if (name === undefined || !series || value === undefined) return undefined;
  const { direction, unit } = definitions[name] ?? {};
  const format = (number: number | undefined): string =>
    [formatNumber(number), unit].filter(Boolean).join(' ');
  const lowest = series.lowest.get('value');
  return {
    ...{ field: 'metric', name, shortName: name, curve: null, value: formatNumber(value) },
    notes:
      direction === 'minimize' && lowest !== undefined
        ? [`lowest ${format(lowest)}`]
        : [[unit, betterText(direction)].filter(Boolean).join(', ')].filter(Boolean),
    isBad: !Number.isFinite(value),
  };
}

const betterText = (direction: 'minimize' | 'maximize' | null | undefined): string =>
  direction ? `${direction === 'minimize' ? 'lower' : 'higher'} is better` : '';
