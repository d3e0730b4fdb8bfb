import { accuracyFloor } from '../../state/accuracy-floor.ts';
import { type ChartSpec, chartSpecs, metricSpec } from '../../state/chart-specs.ts';
import { MinMaxPyramid } from '../../state/min-max-pyramid.ts';
import { ownValue } from '../../state/own-value.ts';
import { type Run, seriesOf } from '../../state/run.ts';
import { smoothedAt } from '../../state/smoothing.ts';
import type { Range } from '../../state/viewport.ts';
import { logTicks, tickTexts } from '../charts/ticks.ts';
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
/** Maximum number of ticks: more of 24 pixels crowd the axis. */
const tickLimit = 5;

/** A name of a curve: of the losses, the accuracies, or a custom metric. */
export type CurveName = 'loss' | 'accuracy' | `metrics.${string}`;

/** Computes the curves of a run. */
export class Curves {
  readonly #run: Run;
  readonly #pyramids = new Map<CurveName, MinMaxPyramid>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** Returns the curves that the run has values for. */
  get names(): CurveName[] {
    const { steps, metrics } = this.#run;
    const own = (['loss', 'accuracy'] as const).filter(
      (name) => steps.known.has(name) || this.#testPoints(name).length > 0,
    );
    return [...own, ...[...metrics.keys()].slice(0, 4).map((name): CurveName => `metrics.${name}`)];
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
    const isLog = name === 'loss' && [...raw, ...test].every(([, y]) => !(y <= 0));
    const range = this.#range(name, average.length > 0 ? average : raw, test, isLog);
    const xs = [...raw, ...test].map(([x]) => x);
    const place = placer({ min: Math.min(...xs), max: Math.max(...xs) }, range, isLog);
    return {
      title: spec.title,
      raw: pathOf(raw, place),
      average: pathOf(average, place),
      test: pathOf(test, place),
      ticks: ticksOf(range, isLog, spec.tick).map(({ value, text }) => ({
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

  #range(name: CurveName, points: readonly Point[], test: readonly Point[], isLog: boolean): Range {
    const cells = [...points, ...test].map(([, y]) => (Number.isFinite(y) ? y : null));
    if (name === 'loss') return lossRange([cells], isLog);
    if (name !== 'accuracy') return fitRange([cells]);
    // From where the later half of the curve is: its beginning is the same for every network.
    const later = points.slice(points.length >> 1).map(([, y]) => y);
    return { min: accuracyFloor([...later, ...test.map(([, y]) => y)].filter(Number.isFinite)), max: 1 };
  }
}

type Point = readonly [x: number, y: number];

/** Returns a function that returns the position of a point in the square. */
function placer(x: Range, y: Range, isLog: boolean): (point: Point) => Point {
  const scale = isLog ? Math.log10 : (value: number): number => value;
  const [bottom, top] = [scale(y.min), scale(y.max)];
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
  range: Range,
  isLog: boolean,
  format: (value: number, digits: number) => string,
): { value: number; text: string }[] {
  const all = isLog ? logTicks(range) : linearTicks(range);
  const powers = all.filter((value) => Number.isInteger(Math.round(Math.log10(value) * 1e9) / 1e9));
  const some = isLog && all.length > tickLimit && powers.length > 1 ? powers : all;
  const every = Math.ceil(some.length / tickLimit);
  const values = some.filter((_, at) => at % every === 0);
  const texts = tickTexts(values, format);
  return values.map((value, at) => ({ value, text: texts[at] as string }));
}

/** Returns at most `tickLimit` round values in a range. */
function linearTicks({ min, max }: Range): number[] {
  const rough = (max - min) / (tickLimit - 1);
  const power = Math.floor(Math.log10(rough));
  // Parsed from text, so that the ticks have no rounding errors.
  const step =
    [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`)).find((each) => each >= rough) ?? rough;
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}
