import type { EpochData, RunStartedData, RunStatus, RunSummary } from '@mnist-monitor/shared/browser';
import { formatCount, formatDay, formatDuration, formatLoss, formatPercent } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { statusNames } from '../../state/status-names.ts';
import type { ChartRun } from '../charts/frame-builder.ts';
import { deviceFacts, type Fact, trainingFacts } from '../facts/run-facts.ts';

/** A run in the list. */
export interface RunRow {
  runId: string;
  /** The name that it was given, or its id. */
  name: string;
  named: boolean;
  status: RunStatus;
  statusName: string;
  best: string;
  duration: string;
  device: string;
  /** Epochs, batch size, learning rate. */
  settings: string;
  started: string;
  note: string;
  pinned: boolean;
}

/** What a run is called: the name that it was given, or its id. */
export const nameOf = ({ runId, title }: Pick<RunSummary, 'runId' | 'title'>): string => title ?? runId;

export function runRow(summary: RunSummary): RunRow {
  const { runId, title, note, pinned, status, started, startedAt } = summary;
  const config = started?.config;
  return {
    ...{ runId, name: nameOf(summary), named: title !== null, status, statusName: statusNames[status] },
    best: formatPercent(summary.bestAccuracy),
    duration: formatDuration(secondsOf(summary)),
    device: started ? `${started.device.engine} on ${started.device.kind.toUpperCase()}` : '',
    settings: config
      ? `${config.epochs} × ${config.batchSize}, ${config.learningRate}, ${config.schedule}`
      : '',
    started: formatDay(Date.parse(startedAt)),
    note: note ?? '',
    pinned,
  };
}

/** Rows in the order of the list: pinned ones first, then as they came; those that have all the words. */
export function listedRows(summaries: readonly RunSummary[], filter: string): RunRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = summaries.map(runRow).filter((row) => {
    const text = [row.name, row.runId, row.note, row.statusName, row.device].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return [...rows.filter(({ pinned }) => pinned), ...rows.filter(({ pinned }) => !pinned)];
}

const secondsOf = ({ finished, batch }: RunSummary): number | undefined =>
  finished?.seconds ?? batch?.elapsedSeconds;

/** What is needed of a run that is laid over the one that is shown. */
interface Followed {
  run: Run;
  summary: RunSummary | null;
}

const dashes: readonly (readonly number[] | undefined)[] = [undefined, [8, 4], [2, 4], [10, 4, 2, 4], [4, 2]];

/** The run that is shown and those that are laid over it, told apart by colour and by dashes. */
export function chartRuns(
  run: Run | null,
  summary: RunSummary | null,
  others: readonly Followed[],
): ChartRun[] {
  if (!run) return [];
  const all = [{ run, summary }, ...others];
  return all.map((one, at) => {
    const dash = dashes[at];
    return {
      run: one.run,
      name: one.summary?.runId === one.run.runId ? nameOf(one.summary) : one.run.runId,
      color: all.length === 1 ? '--train' : `--run-${at + 1}`,
      ...(dash && { dash }),
    };
  });
}

/** A summary with what has come since it was made. */
export const summaryNow = (summary: RunSummary, { started, batch, epochs, finished }: Run): RunSummary => ({
  ...summary,
  started: started ?? summary.started,
  batch: batch ?? summary.batch,
  epoch: epochs.at(-1) ?? summary.epoch,
  bestAccuracy: bestOf(epochs) ?? summary.bestAccuracy,
  finished: finished ?? summary.finished,
});

/** The highest test accuracy of these epochs; undefined when none is a number. */
function bestOf(epochs: readonly EpochData[]): number | undefined {
  const best = Math.max(...epochs.map(({ test }) => test.accuracy).filter(Number.isFinite));
  return Number.isFinite(best) ? best : undefined;
}

/** A row of the comparison: one figure or setting of each run. */
export interface CompareRow {
  name: string;
  values: { text: string; change: string }[];
  /** Whether the runs differ in it. */
  differs: boolean;
}

type Figure = readonly [
  name: string,
  of: (summary: RunSummary) => number | undefined,
  format: (value: number | undefined) => string,
];

const figures: readonly Figure[] = [
  ['Best test accuracy', ({ bestAccuracy }) => bestAccuracy ?? undefined, (value) => formatPercent(value)],
  [
    'Test accuracy',
    ({ epoch, finished }) => finished?.test?.accuracy ?? epoch?.test.accuracy,
    (value) => formatPercent(value),
  ],
  ['Test loss', ({ epoch, finished }) => finished?.test?.loss ?? epoch?.test.loss, formatLoss],
  ['Train loss, last epoch', ({ epoch }) => epoch?.train.loss, formatLoss],
  ['Training time', secondsOf, formatDuration],
  ['Images per second', ({ batch }) => batch?.imagesPerSecond, (value) => formatCountOf(value)],
];

const formatCountOf = (value: number | undefined): string => formatCount(value && Math.round(value));

/** Figures of the runs with the difference to the first, the baseline. */
export function figureRows(summaries: readonly RunSummary[]): CompareRow[] {
  return figures.map(([name, of, format]) => {
    const baseline = summaries[0] && of(summaries[0]);
    const values = summaries.map((summary, at) => {
      const value = of(summary);
      const change =
        at === 0 || value === undefined || baseline === undefined ? '' : signed(value - baseline, format);
      return { text: format(value), change };
    });
    return { name, values, differs: false };
  });
}

/** Settings and machine of the runs side by side, in the words in which each run tells its own. */
export function settingRows(summaries: readonly RunSummary[]): CompareRow[] {
  const settings = summaries.map(({ started }) => new Map(started ? comparedFacts(started) : []));
  const names = [...new Set(settings.flatMap((facts) => [...facts.keys()]))];
  return names.map((name) => {
    const texts = settings.map((facts) => facts.get(name) ?? '–');
    return {
      name,
      values: texts.map((text) => ({ text, change: '' })),
      differs: new Set(texts).size > 1,
    };
  });
}

const comparedFacts = (started: RunStartedData): Fact[] => [
  ...trainingFacts(started),
  ...deviceFacts(started),
  ['Parameters', formatCount(started.model.parameters)],
];

const signed = (value: number, format: (value: number | undefined) => string): string => {
  if (!Number.isFinite(value)) return '';
  return `${value < 0 ? '−' : value > 0 ? '+' : '±'}${format(Math.abs(value))}`;
};
