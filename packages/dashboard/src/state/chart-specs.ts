import {
  formatLearningRate,
  formatLoss,
  formatNumber,
  formatPercent,
  formatRate,
  formatTickCount,
} from './format.ts';
import type { Run, SeriesName } from './run.ts';
import { awaitsEverything, lossUnitOf, speedUnitOf, unitOf } from './run-words.ts';

/**
 * The range and spacing of a y axis. `linear`: from 0, or from the lowest value if it is below 0; `log`: logarithmic; `close`: up to
 * 100 % from just below the values; `full`: from 0 to 100 %; `error`: an accuracy, with equal distances of 90, 99 and 99.9 %;
 * `fit`: just around the values, or from 0 if the lowest value is far below the highest.
 */
export type YScale = 'linear' | 'log' | 'close' | 'full' | 'error' | 'fit';

/** One chart: its data, texts and formats. */
export interface ChartSpec {
  title: string;
  /** Returns the unit of the values, for the run on display; empty when it is not known. */
  unit(run: Run | undefined): string;
  series: SeriesName;
  /** The columns to draw. A single column is drawn for each run; those of `machine` are drawn for the main run alone. */
  columns: readonly string[];
  /** Whether a smoothed curve is drawn over the raw values. */
  smoothed: boolean;
  /** The result on the test images that is drawn for each epoch; none if undefined. */
  test?: 'loss' | 'accuracy';
  /** Returns the value that guessing among a number of classes leads to, where the chart shows one. */
  guess?(classCount: number): number;
  /** The choices for the y axis. The first is the default, unless it is `log` and a value is 0 or less. */
  scales: readonly YScale[];
  format(value: number | undefined): string;
  /** Formats a tick of the y axis; `digits` is the number of significant digits that distinguishes it from the others. */
  tick(value: number, digits?: number): string;
  /** Minimum time between two draws while only the data changes; slower charts leave time for the main ones. */
  minDrawIntervalMs: number;
  /** Text in place of an empty chart. */
  empty: string;
}

const machineNames: Readonly<Record<string, string>> = {
  hostCpu: 'CPU',
  hostMemory: 'Memory',
  gpuLoad: 'GPU',
  gpuMemory: 'GPU memory',
};
/** Returns the name of a machine column in legends and tables. A column about several GPUs contains their mean. */
export const machineName = (column: string, gpuCount = 1): string =>
  `${machineNames[column] ?? column}${gpuCount > 1 && column.startsWith('gpu') ? ', mean' : ''}`;

/** The charts of the page by name, in order; `metricSpec` returns those of custom metrics. */
export const chartSpecs = {
  loss: {
    title: 'Loss',
    unit: (run) => lossUnitOf(run?.started),
    series: 'steps',
    columns: ['loss'],
    smoothed: true,
    test: 'loss',
    guess: Math.log,
    // Good and very good networks differ in losses below 0.1: on a linear axis, these are flat lines at the bottom.
    scales: ['log', 'linear'],
    format: formatLoss,
    tick: numberTick,
    minDrawIntervalMs: 0,
    empty: 'The loss of each step appears here as it arrives.',
  },
  accuracy: {
    title: 'Accuracy',
    unit: (run) => `correct ${unitOf(run?.started)}`,
    series: 'steps',
    columns: ['accuracy'],
    smoothed: true,
    test: 'accuracy',
    guess: (classCount) => 1 / classCount,
    // On a linear axis, the difference of 99 and 99.9 % cannot be seen beside that of 10 and 90 %.
    scales: ['error', 'close', 'full'],
    format: (value) => formatPercent(value),
    tick: percentTick,
    minDrawIntervalMs: 0,
    empty: 'Training accuracy appears with each step, test accuracy after each epoch.',
  },
  rate: {
    title: 'Learning rate',
    unit: () => 'step size',
    series: 'steps',
    columns: ['learningRate'],
    smoothed: false,
    scales: ['linear', 'log'],
    format: (value) => (value === undefined ? '–' : formatLearningRate(value)),
    tick: numberTick,
    minDrawIntervalMs: 250,
    empty: 'The learning rate of each step appears here.',
  },
  speed: {
    title: 'Speed',
    unit: (run) => speedUnitOf(run?.started),
    series: 'steps',
    columns: ['throughput'],
    smoothed: true,
    scales: ['linear', 'log'],
    format: formatRate,
    tick: formatTickCount,
    minDrawIntervalMs: 250,
    empty: 'The speed of the training appears here.',
  },
  machine: {
    title: 'Machine',
    unit: () => 'share in use',
    series: 'machine',
    columns: ['hostCpu', 'hostMemory', 'gpuLoad', 'gpuMemory'],
    smoothed: false,
    scales: ['full', 'close'],
    format: (value) => (value === undefined || Number.isNaN(value) ? '–' : formatPercent(value, 0)),
    tick: percentTick,
    minDrawIntervalMs: 250,
    empty: 'CPU, GPU and memory use, measured about every 2 s.',
  },
} as const satisfies Record<string, ChartSpec>;

export type ChartName = keyof typeof chartSpecs;
export const chartNames = Object.keys(chartSpecs) as ChartName[];

/** Returns the number of classes of a run; undefined when it has none. */
export const classCountOf = (run: Pick<Run, 'started'> | null | undefined): number | undefined =>
  run?.started?.dataset?.classes?.length;

/**
 * Returns the value of a chart that guessing leads to; null when it is not known: without classes, and for losses in other units
 * than nats.
 */
export function guessedValue({ guess, test }: ChartSpec, run: Run | undefined): number | null {
  const classCount = classCountOf(run);
  if (!guess || !classCount) return null;
  const isKnown = test !== 'loss' || lossUnitOf(run?.started).startsWith('nats');
  return isKnown ? guess(classCount) : null;
}

/**
 * Returns the charts to show, in order: all of them before the first event of the main run and if it announces everything, otherwise
 * those that one of the runs has values for. A main run that has no data yet has the chart of the loss.
 */
export function shownCharts(runs: readonly Run[]): ChartName[] {
  const [main] = runs;
  if (!main || awaitsEverything(main)) return chartNames;
  const shown = chartNames.filter((name) => runs.some((run) => hasValues(run, name)));
  const hasOther = main.metrics.size > 0 || main.figures.length > 0 || main.epochs.length > 0;
  return shown.length > 0 || main.finished || hasOther ? shown : ['loss'];
}

function hasValues(run: Run, name: ChartName): boolean {
  const { series, columns, test } = chartSpecs[name] as ChartSpec;
  const { known } = series === 'machine' ? run.machine : run.steps;
  return (
    columns.some((column) => (known as ReadonlySet<string>).has(column)) ||
    (test !== undefined && run.epochs.some((epoch) => typeof epoch.test?.[test] === 'number'))
  );
}

/** The declaration of a custom metric in `run.started`. */
type MetricDefinition = NonNullable<NonNullable<Run['started']>['metrics']>[string];

const directionNotes = { maximize: 'higher is better', minimize: 'lower is better' };

/** Returns the chart of a custom metric. */
export function metricSpec(name: string, definition: MetricDefinition | undefined): ChartSpec {
  const direction = definition?.direction ? directionNotes[definition.direction] : '';
  const unit = [definition?.unit, direction].filter(Boolean).join(', ');
  return {
    title: name,
    unit: () => unit,
    series: `metrics.${name}`,
    columns: ['value'],
    smoothed: false,
    scales: ['fit', 'log'],
    format: formatNumber,
    tick: (value, digits) => (Math.abs(value) >= 1e4 ? formatTickCount : numberTick)(value, digits),
    minDrawIntervalMs: 250,
    empty: 'The values of this metric appear here.',
  };
}

/** Formats a tick of an axis of percentages, by default with at most three decimals. */
export function percentTick(value: number, digits?: number): string {
  const percent = value * 100;
  return `${Number(digits ? percent.toPrecision(digits) : percent.toFixed(3))}\u00a0%`;
}

/**
 * Formats a tick of an axis of losses, learning rates or custom metrics, with an exponent when very small or large.
 * @param digits Number of significant digits; by default three with an exponent, and six without.
 */
export function numberTick(value: number, digits?: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e5)
    ? Number(value.toPrecision(digits ?? 3))
        .toExponential()
        .replace('+', '')
    : String(Number(value.toPrecision(digits ?? 6)));
}
