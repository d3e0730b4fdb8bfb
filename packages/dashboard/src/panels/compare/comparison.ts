import { secondsOf, testLossOf } from '@mnist-monitor/shared/browser';
import { dashes, type SummarizedRun } from '../../state/chart-runs.ts';
import {
  type EpochData,
  type RunStartedData,
  type RunSummary,
  throughputOf,
} from '../../state/event-data.ts';
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatLoss,
  formatNumber,
  formatPercent,
} from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { speedUnitOf } from '../../state/run-words.ts';
import { deviceFacts, type Fact, trainingFacts } from '../facts/run-facts.ts';

/** A run of the comparison. */
export interface ComparedRun {
  /** The gateway's summary, updated by the events that this page has received. */
  summary: RunSummary;
  /** The latest values of the run's custom metrics, by name. */
  metrics: ReadonlyMap<string, number>;
  /** CSS custom property that holds the colour of the run's curves. */
  color: string;
  /** The dash pattern of the run's curves; solid without one. */
  dash: readonly number[] | undefined;
}

/**
 * Returns the compared runs: first the one on display, which is the baseline. Runs of which the gateway has not sent a summary yet
 * are left out.
 */
export const comparedRuns = (runs: readonly SummarizedRun[]): ComparedRun[] =>
  runs.flatMap(({ run, summary }, index) =>
    summary
      ? [
          {
            summary: updatedSummary(summary, run),
            metrics: latestMetrics(run),
            color: `--run-${index + 1}`,
            dash: dashes[index],
          },
        ]
      : [],
  );

/** Returns the latest values of a run's custom metrics. Values in `run.finished` replace those of earlier events. */
const latestMetrics = ({ metrics, finished }: Run): Map<string, number> =>
  new Map([
    ...[...metrics].map(([name, series]) => [name, series.last('value') as number] as const),
    ...Object.entries(finished?.metrics ?? {}),
  ]);

/** Returns the gateway's summary of a run, updated by the events that this page has received. */
export const updatedSummary = (
  summary: RunSummary,
  { started, batch, epochs, finished, lastSeq }: Run,
): RunSummary => ({
  ...summary,
  started: started ?? summary.started,
  batch: batch ?? summary.batch,
  epoch: epochs.at(-1) ?? summary.epoch,
  bestAccuracy: bestOf(epochs) ?? summary.bestAccuracy,
  // A run that has ended in the summary, but not after later events that this page has received, was resumed.
  finished: lastSeq > summary.lastSeq ? finished : (finished ?? summary.finished),
});

/** Returns the highest test accuracy of the epochs; undefined when none is a number. */
function bestOf(epochs: readonly EpochData[]): number | undefined {
  const best = Math.max(...epochs.map(({ test }) => test?.accuracy ?? Number.NaN).filter(Number.isFinite));
  return Number.isFinite(best) ? best : undefined;
}

/** A row of the comparison: one result or setting of each run. */
export interface CompareRow {
  name: string;
  /** `change` is the difference of a result to the baseline; empty for the baseline and for settings. */
  values: { text: string; change: string }[];
  /** Whether the runs differ in this setting; false for results, which are not marked. */
  differs: boolean;
}

/** The parts of a compared run that contain its results. */
type ResultSource = Pick<ComparedRun, 'summary' | 'metrics'>;

/** The name of a result, how it is read from a run, and how it is formatted. */
type ResultSpec = readonly [
  name: string,
  read: (run: ResultSource) => number | null | undefined,
  format: (value: number | undefined) => string,
];

const results: readonly ResultSpec[] = [
  ['Best test accuracy', ({ summary }) => summary.bestAccuracy ?? undefined, (value) => formatPercent(value)],
  [
    'Test accuracy',
    ({ summary: { epoch, finished } }) => finished?.test?.accuracy ?? epoch?.test?.accuracy,
    (value) => formatPercent(value),
  ],
  ['Test loss', ({ summary }) => testLossOf(summary), formatLoss],
  ['Train loss, last epoch', ({ summary }) => summary.epoch?.train?.loss, formatLoss],
  ['Training time', ({ summary }) => secondsOf(summary), formatDuration],
];

/** Returns the result "Speed", with the unit of one of the runs. */
const speedOf = ({ summary: { started } }: ResultSource): ResultSpec => [
  `Speed, ${speedUnitOf(started)}`,
  ({ summary: { batch } }) => batch && throughputOf(batch),
  (value) => formatCount(value && Math.round(value)),
];

/** Returns a result for each custom metric of the runs. */
const metricResults = (runs: readonly ResultSource[]): ResultSpec[] =>
  [...new Set(runs.flatMap(({ metrics }) => [...metrics.keys()]))].map((name) => [
    name,
    ({ metrics }) => metrics.get(name),
    formatNumber,
  ]);

/**
 * Returns the results of the runs with their difference to the first run, the baseline. Results that no run has are left
 * out.
 */
export function resultRows(runs: readonly ResultSource[]): CompareRow[] {
  const [first] = runs;
  const all = first ? [...results, speedOf(first), ...metricResults(runs)] : results;
  const isKnown = ([, read]: ResultSpec): boolean => runs.some((run) => typeof read(run) === 'number');
  return all.filter(isKnown).map(([name, read, format]) => {
    const baseline = (first && read(first)) ?? undefined;
    const values = runs.map((run, index) => {
      const value = read(run) ?? undefined;
      const difference = index === 0 ? Number.NaN : (value ?? Number.NaN) - (baseline ?? Number.NaN);
      const change = Number.isFinite(difference) ? formatDifference(difference, format) : '';
      return { text: format(value), change };
    });
    return { name, values, differs: false };
  });
}

/**
 * Returns the settings and the machine of the runs side by side: first those of which the runs report different values, then those that
 * only some of them report, then the equal ones.
 */
export function settingRows(summaries: readonly Pick<RunSummary, 'started'>[]): CompareRow[] {
  const settings = summaries.map(({ started }) => new Map(started ? comparedFacts(started) : []));
  const names = [...new Set(settings.flatMap((facts) => [...facts.keys()]))];
  const rows = names.map((name) => {
    const texts = settings.map((facts) => facts.get(name) ?? '–');
    const known = new Set(settings.flatMap((facts) => facts.get(name) ?? []));
    const row = {
      name,
      values: texts.map((text) => ({ text, change: '' })),
      differs: new Set(texts).size > 1,
    };
    return { row, order: known.size > 1 ? 0 : row.differs ? 1 : 2 };
  });
  return rows.sort((a, b) => a.order - b.order).map(({ row }) => row);
}

/** A column of values: one text for each run. */
export interface LegendColumn {
  name: string;
  values: readonly string[];
  /** The index of the best value; undefined where none is better than all others. */
  best?: number | undefined;
}

/** Maximum number of settings in the legend: the table of the comparison has all of them. */
const settingLimit = 3;

/**
 * Returns the settings in which runs differ, the first ones as columns, and the number of the others. A run whose settings have not
 * arrived yet has none in the columns, and counts as equal to the others.
 */
export function differingSettings(started: readonly (RunStartedData | null)[]): {
  columns: LegendColumn[];
  more: number;
} {
  const known = started.filter((data) => data !== null);
  const rows = settingRows(known.map((data) => ({ started: data }))).filter(({ differs }) => differs);
  const columns = rows.slice(0, settingLimit).map(({ name, values }) => {
    const texts = values.map(({ text }) => text);
    return { name, values: started.map((data) => (data ? (texts.shift() ?? '–') : '–')) };
  });
  return { columns, more: rows.length - columns.length };
}

const comparedFacts = (started: RunStartedData): Fact[] => [
  ...trainingFacts(started),
  ...deviceFacts(started),
  ...(typeof started.model?.parameters === 'number'
    ? [['Parameters', formatCount(started.model.parameters)] as const]
    : []),
];
