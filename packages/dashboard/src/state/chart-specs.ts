import { formatCount, formatLoss, formatPercent, formatRate } from './format.ts';
import type { BatchColumn, SystemColumn } from './run.ts';

/** How a y axis runs. `close`: from where the values differ; `full`: all that is possible. */
export type Scale = 'linear' | 'log' | 'close' | 'full';

/** What a chart shows, and how. */
export interface ChartSpec {
  title: string;
  /** What a value is, in a few words. */
  unit: string;
  series: 'steps' | 'machine';
  /** Of a batch chart one, drawn for each run; of the machine's several, drawn for the run that is shown. */
  columns: readonly (BatchColumn | SystemColumn)[];
  /** Whether the points lie faint under a moving average. */
  smoothed: boolean;
  /** The result of each epoch on the test images that belongs to it, if any. */
  test?: 'loss' | 'accuracy';
  /** What may be chosen for the y axis; the first unless the viewer says otherwise. */
  scales: readonly Scale[];
  format(value: number | undefined): string;
  tick(value: number): string;
  /** Milliseconds between two draws while nothing but the data changes: not every figure is watched at each frame. */
  restMs: number;
  empty: string;
}

const machineNames: Partial<Record<SystemColumn, string>> = {
  hostCpu: 'CPU',
  hostMemory: 'Memory',
  gpuLoad: 'GPU',
  gpuMemory: 'GPU memory',
};
/** What a column of the machine is called in a legend. */
export const machineName = (column: string): string => machineNames[column as SystemColumn] ?? column;

/** Every chart of the page, by its name, in their order. */
export const chartSpecs = {
  loss: {
    title: 'Loss',
    unit: 'nats per image',
    series: 'steps',
    columns: ['loss'],
    smoothed: true,
    test: 'loss',
    // What tells a good network from a very good one lies below 0.1: on a linear axis that is one line.
    scales: ['log', 'linear'],
    format: formatLoss,
    tick: lossTick,
    restMs: 0,
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
    restMs: 0,
    empty: 'Train accuracy comes with every batch, test accuracy after each epoch.',
  },
  rate: {
    title: 'Learning rate',
    unit: 'step size',
    series: 'steps',
    columns: ['learningRate'],
    smoothed: false,
    scales: ['linear', 'log'],
    format: (value) => (value === undefined ? '–' : lossTick(value)),
    tick: lossTick,
    restMs: 250,
    empty: 'How large a step each batch makes.',
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
    restMs: 250,
    empty: 'How many images are learned from each second.',
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
    restMs: 250,
    empty: 'Processor and memory, about every 2 s.',
  },
} as const satisfies Record<string, ChartSpec>;

export type ChartName = keyof typeof chartSpecs;
export const chartNames = Object.keys(chartSpecs) as ChartName[];

/** Labels of an accuracy axis: no more digits than the distance of two of them needs. */
export function percentTick(value: number): string {
  return `${Number((value * 100).toFixed(3))}\u00a0%`;
}

/** Labels of a loss axis. */
export function lossTick(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e5)
    ? Number(value.toPrecision(3)).toExponential().replace('+', '')
    : String(Number(value.toPrecision(6)));
}
