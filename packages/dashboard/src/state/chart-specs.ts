import { formatCount, formatLoss, formatPercent, formatRate } from './format.ts';
import type { BatchColumn, SystemColumn } from './run.ts';

/** The range and spacing of a y axis. `close`: up to 100 % from just below the values; `full`: from 0 to 100 %. */
export type YScale = 'linear' | 'log' | 'close' | 'full';

/** One chart: its data, texts and formats. */
export interface ChartSpec {
  title: string;
  unit: string;
  series: 'steps' | 'machine';
  /** The columns to draw: one of `steps` for each run, or several of `machine` for the main run alone. */
  columns: readonly (BatchColumn | SystemColumn)[];
  /** Whether a moving average is drawn over the faint raw values. */
  smoothed: boolean;
  /** The result on the test images that is drawn for each epoch; none if undefined. */
  test?: 'loss' | 'accuracy';
  /** The choices for the y axis; the first is the default. */
  scales: readonly YScale[];
  format(value: number | undefined): string;
  tick(value: number): string;
  /** Minimum time between two draws while only the data changes; slower charts leave time for the main ones. */
  minDrawIntervalMs: number;
  /** Text in place of an empty chart. */
  empty: string;
}

const machineNames: Partial<Record<SystemColumn, string>> = {
  hostCpu: 'CPU',
  hostMemory: 'Memory',
  gpuLoad: 'GPU',
  gpuMemory: 'GPU memory',
};
/** Returns the name of a machine column in legends and tables. */
export const machineName = (column: string): string => machineNames[column as SystemColumn] ?? column;

/** Every chart of the page by name, in order. */
export const chartSpecs = {
  loss: {
    title: 'Loss',
    unit: 'nats per image',
    series: 'steps',
    columns: ['loss'],
    smoothed: true,
    test: 'loss',
    // A good and a very good network differ below 0.1: on a linear axis both are one flat line.
    scales: ['log', 'linear'],
    format: formatLoss,
    tick: numberTick,
    minDrawIntervalMs: 0,
    empty: 'The loss of each batch appears here as it is computed.',
  },
  accuracy: {
    title: 'Accuracy',
    unit: 'share of images read correctly',
    series: 'steps',
    columns: ['accuracy'],
    smoothed: true,
    test: 'accuracy',
    scales: ['close', 'full'],
    format: (value) => formatPercent(value),
    tick: percentTick,
    minDrawIntervalMs: 0,
    empty: 'Training accuracy appears with each batch, test accuracy after each epoch.',
  },
  rate: {
    title: 'Learning rate',
    unit: 'step size',
    series: 'steps',
    columns: ['learningRate'],
    smoothed: false,
    scales: ['linear', 'log'],
    format: (value) => (value === undefined ? '–' : numberTick(value)),
    tick: numberTick,
    minDrawIntervalMs: 250,
    empty: 'The learning rate of each batch appears here.',
  },
  speed: {
    title: 'Speed',
    unit: 'images per second',
    series: 'steps',
    columns: ['imagesPerSecond'],
    smoothed: true,
    scales: ['linear', 'log'],
    format: formatRate,
    tick: formatCount,
    minDrawIntervalMs: 250,
    empty: 'Images trained per second appear here.',
  },
  machine: {
    title: 'Machine',
    unit: 'share in use',
    series: 'machine',
    columns: ['hostCpu', 'hostMemory', 'gpuLoad', 'gpuMemory'],
    smoothed: false,
    scales: ['full', 'close'],
    format: (value) => (Number.isNaN(value) ? '–' : formatPercent(value, 0)),
    tick: percentTick,
    minDrawIntervalMs: 250,
    empty: 'CPU, GPU and memory use, measured about every 2 s.',
  },
} as const satisfies Record<string, ChartSpec>;

export type ChartName = keyof typeof chartSpecs;
export const chartNames = Object.keys(chartSpecs) as ChartName[];

/** Formats a tick of an accuracy axis, with as few digits as its value needs. */
export function percentTick(value: number): string {
  return `${Number((value * 100).toFixed(3))}\u00a0%`;
}

/** Formats a tick of an axis of losses or learning rates: up to six digits, or an exponent when very small or large. */
export function numberTick(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e5)
    ? Number(value.toPrecision(3)).toExponential().replace('+', '')
    : String(Number(value.toPrecision(6)));
}
