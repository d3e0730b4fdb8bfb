import { lossOf, type RunSort, secondsOf } from '@mnist-monitor/shared/browser';
import type { RunSummary } from '../../state/event-data.ts';
import {
  formatDateTime,
  formatDuration,
  formatLearningRate,
  formatLoss,
  formatNumber,
  formatPercent,
  formatPlural,
  formatTickCount,
  formatTime,
  shorten,
} from '../../state/format.ts';
import { displayName } from '../../state/run-summaries.ts';
import type { Range } from '../../state/viewport.ts';
import { type ErrorScale, errorRange, errorScaleOf } from '../charts/error-scale.ts';
import { isOwnColumn, labelOf, ownValueOf, sortChoices } from './run-sort.ts';

/** The values on the axes, and which axes are logarithmic; undefined lets the values decide. */
export interface ScatterChoice {
  x: RunSort;
  y: RunSort;
  logX?: boolean | undefined;
  logY?: boolean | undefined;
}

/** An axis of the scatter plot. */
export interface ScatterAxis {
  sort: RunSort;
  label: string;
  /** The texts of an axis of categories, whose positions are 0, 1, 2, …; undefined for one of numbers. */
  categories: readonly string[] | undefined;
  /** Whether a logarithmic axis is possible: all values are positive numbers. */
  mayBeLog: boolean;
  isLog: boolean;
  /** The scale of an axis of accuracies on which small errors are apart; undefined on other axes. */
  errorScale: ErrorScale | undefined;
  range: Range;
}

/** A run in the scatter plot. */
export interface ScatterPoint {
  runId: string;
  name: string;
  x: number;
  y: number;
  xText: string;
  yText: string;
}

export interface Scatter {
  x: ScatterAxis;
  y: ScatterAxis;
  /** The runs with both values, by x and then by y. */
  points: readonly ScatterPoint[];
  /** Number of runs without one of the values. */
  missing: number;
}

/** Ratio of the largest to the smallest value from which an axis is logarithmic at first. */
const logRatio = 30;
/** Share of the range that is left free at both ends. */
const margin = 0.06;

/** Returns what an axis can have: everything that the list can be sorted by, except names, which say nothing on an axis. */
export const axisChoices = (runs: readonly RunSummary[], current: RunSort) =>
  sortChoices(runs, current).filter(({ sort }) => sort !== 'name');

/** Returns the axes that fit most runs: the learning rate or another setting, and the accuracy, the loss or a metric. */
export function usualChoice(runs: readonly RunSummary[]): ScatterChoice {
  const count = (sort: RunSort): number => runs.filter((run) => drawnValueOf(run, sort) !== null).length;
  const choices = axisChoices(runs, 'started').map(({ sort }) => sort);
  const best = (candidates: readonly RunSort[]): RunSort | undefined =>
    candidates.filter((sort) => count(sort) > 0).sort((one, other) => count(other) - count(one))[0];
  const settings = choices.filter((sort) => sort.startsWith('config.'));
  const rate = settings.find((sort) => sort === 'config.learningRate');
  const results: RunSort[] = [
    'bestAccuracy',
    'loss',
    ...choices.filter((sort) => sort.startsWith('metrics.')),
  ];
  return { x: rate ?? best(settings) ?? 'started', y: best(results) ?? 'seconds' };
}

/** Returns the scatter plot of runs. */
export function scatterOf(runs: readonly RunSummary[], { x, y, logX, logY }: ScatterChoice): Scatter {
  const found = runs.flatMap((run) => {
    const [xValue, yValue] = [drawnValueOf(run, x), drawnValueOf(run, y)];
    return xValue === null || yValue === null ? [] : [{ run, xValue, yValue }];
  });
  const scale = errorScaleOf(found);
  const axis = (
    sort: RunSort,
    log: boolean | undefined,
    values: readonly (number | string)[],
  ): ScatterAxis =>
    sort === 'bestAccuracy'
      ? accuracyAxis(values as readonly number[], log === false ? undefined : scale)
      : axisOf(sort, values, log);
  const xAxis = axis(
    x,
    logX,
    found.map(({ xValue }) => xValue),
  );
  const yAxis = axis(
    y,
    logY,
    found.map(({ yValue }) => yValue),
  );
  const points = found.map(({ run, xValue, yValue }) => ({
    ...{ runId: run.runId, name: displayName(run) },
    ...{ x: positionOn(xAxis, xValue), y: positionOn(yAxis, yValue) },
    ...{ xText: valueText(x, xValue), yText: valueText(y, yValue) },
  }));
  points.sort((one, other) => one.x - other.x || one.y - other.y);
  return { x: xAxis, y: yAxis, points, missing: runs.length - found.length };
}

/** Returns a value of a run; null when it has none that can be drawn. */
function drawnValueOf(run: RunSummary, sort: RunSort): number | string | null {
  const value = rawValueOf(run, sort);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' && value !== '' ? value : null;
}

function rawValueOf(run: RunSummary, sort: RunSort): unknown {
  if (isOwnColumn(sort)) return ownValueOf(run, sort);
  if (sort === 'started') return Date.parse(run.startedAt) / 1_000;
  if (sort === 'bestAccuracy') return run.bestAccuracy;
  return sort === 'loss' ? lossOf(run) : sort === 'seconds' ? secondsOf(run) : null;
}

function accuracyAxis(values: readonly number[], errorScale: ErrorScale | undefined): ScatterAxis {
  const plain = axisOf('bestAccuracy', values, false);
  const range = errorScale ? errorRange(errorScale, values) : plain.range;
  return { ...plain, mayBeLog: true, isLog: errorScale !== undefined, errorScale, range };
}

function axisOf(sort: RunSort, values: readonly (number | string)[], log: boolean | undefined): ScatterAxis {
  const common = { sort, label: labelOf(sort), errorScale: undefined };
  if (values.some((value) => typeof value === 'string')) {
    const categories = [...new Set(values.map(String))].sort();
    const range = { min: -0.5, max: categories.length - 0.5 };
    return { ...common, categories, mayBeLog: false, isLog: false, range };
  }
  const numbers = values as readonly number[];
  const [min, max] = numbers.length > 0 ? [Math.min(...numbers), Math.max(...numbers)] : [0, 1];
  const mayBeLog = min > 0 && sort !== 'started';
  const isLog = mayBeLog && (log ?? max / min >= logRatio);
  return { ...common, categories: undefined, mayBeLog, isLog, range: paddedRange({ min, max }, isLog) };
}

function paddedRange({ min, max }: Range, isLog: boolean): Range {
  if (isLog) {
    const factor = max > min ? (max / min) ** margin : 2;
    return { min: min / factor, max: max * factor };
  }
  const space = max > min ? (max - min) * margin : Math.abs(max) / 10 || 1;
  return { min: min - space, max: max + space };
}

const positionOn = ({ categories }: ScatterAxis, value: number | string): number =>
  categories ? categories.indexOf(String(value)) : (value as number);

/** Formats a value for a text about a run. */
function valueText(sort: RunSort, value: number | string): string {
  if (typeof value === 'string') return value;
  return sort === 'started' ? formatDateTime(value * 1_000) : numberText(sort, value);
}

function numberText(sort: RunSort, value: number): string {
  if (sort === 'bestAccuracy') return formatPercent(value);
  if (sort === 'seconds') return formatDuration(value);
  if (sort === 'loss') return formatLoss(value);
  return Math.abs(value) < 1 ? formatLearningRate(value) : formatNumber(value);
}

/** Formats a tick of an axis. */
export function tickTextOf({ sort, categories }: ScatterAxis, value: number): string {
  if (categories) return categories[value] ?? '';
  if (sort === 'started') return formatTime(value * 1_000, 'days');
  if (sort === 'bestAccuracy') return `${Number((value * 100).toPrecision(6))}\u00a0%`;
  const number = Number(value.toPrecision(6));
  if (sort === 'seconds') return numberText(sort, number);
  return Math.abs(number) < 1 ? formatLearningRate(number) : formatTickCount(number);
}

/** Number of characters that the name of a run has in the description of the plot. */
const nameLimit = 40;

/** Describes the scatter plot in a few sentences: what is drawn, the ranges, and the best run. */
export function scatterText({ x, y, points, missing }: Scatter): string {
  const [first] = points;
  const without = missing > 0 ? ` ${formatPlural(missing, 'run lacks', 'runs lack')} one of the values.` : '';
  if (!first) return `No run has both ${x.label.toLowerCase()} and ${y.label.toLowerCase()}.`;
  const byY = points.toSorted((one, other) => one.y - other.y);
  const [lowest, highest] = [byY[0] ?? first, byY.at(-1) ?? first];
  const end = (word: string, point: ScatterPoint): string =>
    `${word} ${point.yText} (${shorten(point.name, nameLimit)}, ${x.label.toLowerCase()} ${point.xText})`;
  const ends = y.categories ? '' : ` ${y.label}: ${end('highest', highest)}, ${end('lowest', lowest)}.`;
  return `${formatPlural(points.length, 'run', 'runs')}.${ends}${without}`;
}

/** Describes a point. */
export const pointText = ({ x, y }: Pick<Scatter, 'x' | 'y'>, { name, xText, yText }: ScatterPoint): string =>
  `${name}: ${x.label.toLowerCase()} ${xText}, ${y.label.toLowerCase()} ${yText}`;
