import { type ChartSpec, chartSpecs, metricSpec } from '../../state/chart-specs.ts';
import { MinMaxPyramid } from '../../state/min-max-pyramid.ts';
import { ownValue } from '../../state/own-value.ts';
import { type Run, seriesOf } from '../../state/run.ts';
import { smoothedAt } from '../../state/smoothing.ts';
import type { Range } from '../../state/viewport.ts';
import {
  type ErrorScale,
  errorPosition,
  errorRange,
  errorScaleOf,
  errorTicks,
} from '../charts/error-scale.ts';
import { linearTicks, logTicks, tickTexts } from '../charts/ticks.ts';
import { fitRange, lossRange } from '../charts/y-range.ts';

/** A curve of the run: paths in a square of 1,000 units, with the y axis down, and the texts of its y axis. */
export interface Curve {
  title: string;
  /** The measured values. */
  raw: string;
  /** Their moving average; empty where there is none. */
  average: string;
  /** The results on the test images, as a line through them. */
  test: string;
  ticks: readonly { text: string; share: number }[];
}

/** The side of the square of the paths. */
const side = 1_000;
/** Number of pairs of points of a curve: as many as a person can tell apart from afar. */
const buckets = 240;
/** The smoothing of the average, and the number of values from which there is one. */
const smoothing = 0.9;
const smoothedFrom = 20;
/** Least distance of two ticks, as a share of the axis: nearer ones of 24 pixels crowd it. */
const minTickDistance = 0.18;

/** A name of a curve: of the losses, the accuracies, or a custom metric. */
export type CurveName = 'loss' | 'accuracy' | `metrics.${string}`;

/** Computes the curves of a run. */
export class Curves {
  readonly #run: Run;
  readonly #pyramids = new Map<CurveName, MinMaxPyramid>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** Returns the curves that the run has values for: one of NaN alone would be an empty axis. */
  get names(): CurveName[] {
    const { steps, metrics } = this.#run;
    const own = (['loss', 'accuracy'] as const).filter(
      (name) => steps.lowest.has(name) || this.#testPoints(name).length > 0,
    );
    const drawn = [...metrics].filter(([, series]) => series.lowest.has('value'));
    return [...own, ...drawn.slice(0, 4).map(([name]): CurveName => `metrics.${name}`)];
  }

  curve(name: CurveName): Curve {
    const spec = this.#spec(name);
    const series = seriesOf(this.#run, spec.series);
    const column = spec.columns[0] as string;
    const values = series.columns[column] ?? new Float64Array(0);
    const { length, generation } = series;
    const pyramid = this.#pyramids.get(name) ?? new MinMaxPyramid();
    this.#pyramids.set(name, pyramid);
    const all = { values, length, generation };
    const rows = pyramid.select(all, { from: 0, to: length, buckets });
    const points = (valueAt: (row: number) => number) =>
      rows.map((row): Point => [series.x[row] as number, valueAt(row)]);
    const raw = points((row) => values[row] as number);
    const isSmoothed = spec.smoothed && length > smoothedFrom;
    const average = isSmoothed ? points((row) => smoothedAt(all, row, smoothing)) : [];
    const test = this.#testPoints(name);
    const axis = this.#axis(name, [...raw, ...test]);
    const xs = [...raw, ...test].map(([x]) => x);
    const place = placer({ min: Math.min(...xs), max: Math.max(...xs) }, axis);
    return {
      title: spec.title,
      raw: pathOf(raw, place),
      average: pathOf(average, place),
      test: pathOf(test, place),
      ticks: ticksOf(axis, spec.tick).map(({ value, text }) => ({
        text,
        share: place([0, value])[1] / side,
      })),
    };
  }

  #spec(name: CurveName): ChartSpec {
    if (name === 'loss' || name === 'accuracy') return chartSpecs[name];
    const metric = name.slice('metrics.'.length);
    return metricSpec(metric, ownValue(this.#run.started?.metrics, metric));
  }

  #testPoints(name: CurveName): Point[] {
    if (name !== 'loss' && name !== 'accuracy') return [];
    return this.#run.epochs.flatMap(({ step, test }): Point[] => {
      const value = test?.[name];
      return typeof value === 'number' && Number.isFinite(value) ? [[step, value]] : [];
    });
  }

  /** Returns the axis of the curve, with the scale that the charts of the page begin with. */
  #axis(name: CurveName, points: readonly Point[]): YAxis {
    const values = points.map(([, y]) => y).filter(Number.isFinite);
    if (name === 'accuracy') {
      const scale = errorScaleOf([{ run: this.#run }]);
      return { kind: scale, range: errorRange(scale, values) };
    }
    const kind = name === 'loss' && values.every((value) => value > 0) ? 'log' : 'linear';
    return { kind, range: name === 'loss' ? lossRange([values], kind === 'log') : fitRange([values]) };
  }
}

/** A y axis: linear, logarithmic, or one of accuracies. */
interface YAxis {
  kind: 'linear' | 'log' | ErrorScale;
  range: Range;
}

type Point = readonly [x: number, y: number];

/** Returns a function that returns the position of a point in the square. */
function placer(x: Range, { kind, range }: YAxis): (point: Point) => Point {
  const scale = (value: number): number => {
    if (kind === 'linear') return value;
    return kind === 'log' ? Math.log10(value) : errorPosition(kind, value);
  };
  const [bottom, top] = [scale(range.min), scale(range.max)];
  const width = x.max - x.min || 1;
  return ([at, value]) => [
    ((at - x.min) / width) * side,
    ((top - scale(value)) / (top - bottom || 1)) * side,
  ];
}

/** Returns the path through points; one that is not finite interrupts it. */
function pathOf(points: readonly Point[], place: (point: Point) => Point): string {
  let isDrawing = false;
  return points
    .map((point) => {
      const [x, y] = place(point);
      const command = Number.isFinite(y) ? (isDrawing ? 'L' : 'M') : '';
      isDrawing = command !== '';
      // A line without a length makes a lone point a dot.
      return isDrawing ? `${command}${x.toFixed(1)} ${y.toFixed(1)}${command === 'M' ? 'h0' : ''}` : '';
    })
    .join('');
}

function ticksOf(
  axis: YAxis,
  format: (value: number, digits: number) => string,
): { value: number; text: string }[] {
  const values = tickValues(axis);
  const texts = tickTexts(values, format);
  return values.map((value, at) => ({ value, text: texts[at] as string }));
}

function tickValues({ kind, range }: YAxis): number[] {
  if (kind === 'linear') return linearTicks(range, minTickDistance);
  return kind === 'log' ? logTicks(range, minTickDistance) : errorTicks(kind, range, minTickDistance);
}
