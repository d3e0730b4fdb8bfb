import { accuracyFloor } from '../../state/accuracy-floor.ts';
import { type AxisName, axisPositions, batchesPerEpoch, stepPosition } from '../../state/axis.ts';
import type { ChartRun } from '../../state/chart-runs.ts';
import { type ChartSpec, guessedValue, type YScale } from '../../state/chart-specs.ts';
import type { NonFiniteRange } from '../../state/non-finite-ranges.ts';
import { type Run, type SeriesName, seriesOf } from '../../state/run.ts';
import { nearest } from '../../state/series.ts';
import type { Range } from '../../state/viewport.ts';
import { Curve, type CurveOptions, type CurvePoints } from './curve.ts';
import { errorRange, errorScaleOf } from './error-scale.ts';
import { type Cell, type CurveTable, joinColumns } from './join-columns.ts';
import type { CurveStyle, PlotFrame } from './plot.ts';
import { fitRange, lossRange } from './y-range.ts';

export interface ChartOptions extends CurveOptions {
  scale: YScale;
  /** y of the target line; null for none. */
  target: number | null;
  /** Id of the run whose curves stand out among those of several runs; null or undefined for none. */
  emphasis?: string | null;
}

/** A frame to plot, with the counts for its caption. */
export interface ChartFrame {
  plot: Omit<PlotFrame, 'markers'>;
  /** Number of rows in the visible range, counted once for each run. */
  rowCount: number;
  /** Number of points that are drawn; those of each run include at most one beyond each edge of the range. */
  pointCount: number;
  /** Whether a row of a run, or a line between two of its rows, is in the visible range. */
  isVisible: boolean;
  /** Whether the axis is logarithmic, and leaves out values of 0 or below. */
  hidesValues: boolean;
  /** Whether a logarithmic axis leaves out values far below most others. */
  isCut: boolean;
  /** Whether the axis is logarithmic and shows no value, because all are 0 or below. */
  hidesAll: boolean;
}

/** The values of a chart at one x: under the cursor, or the latest. */
export interface Readout {
  x: number;
  step: number;
  /** Undefined while the length of an epoch is not known. */
  epoch: number | undefined;
  /** One entry for each run or, on the machine chart, for each column. */
  values: { raw: number | undefined; smooth: number | undefined; test: number | undefined }[];
}

/** The curves of one run. */
interface RunTables {
  points: CurvePoints[];
  tests: CurveTable | undefined;
}

/** Builds the frames of one chart from runs, and reads values at an x. */
export class FrameBuilder {
  readonly #spec: ChartSpec;
  readonly #curves = new WeakMap<Run, Curve[]>();

  constructor(spec: ChartSpec) {
    this.#spec = spec;
  }

  /** Returns the styles of a frame's curves, in the order of its columns. */
  styles(runs: readonly ChartRun[]): CurveStyle[] {
    const { series, columns, smoothed, test } = this.#spec;
    if (series === 'machine')
      return columns.map((_, index) => ({ kind: 'line', color: `--run-${index + 1}` }));
    const compared = runs.length > 1;
    return this.#drawnRuns(runs).flatMap(({ color, dash }): CurveStyle[] => [
      ...(smoothed && !compared ? [{ kind: 'raw', color: `${color}-raw` } as const] : []),
      // Beside test results in the same colour, the curve of the training is thinner.
      { kind: compared && test ? 'thin' : 'line', color, ...(dash && { dash }) },
      ...(test
        ? [
            {
              kind: 'test',
              color: compared ? color : '--test',
              ...(dash && { dash }),
            } as const,
          ]
        : []),
    ]);
  }

  /** Builds the frame that shows the runs in `options.range`. */
  build(runs: readonly ChartRun[], options: ChartOptions): ChartFrame {
    const drawn = this.#drawnRuns(runs);
    const { axis, range: x, target } = options;
    const compared = runs.length > 1;
    const tables = drawn.map(({ run }): RunTables => {
      const points = this.#curvesOf(run).map((curve) => curve.points(options));
      return { points, tests: this.#spec.test && testResults(run, this.#spec.test, options) };
    });
    const columns = joinColumns(tables.flatMap((table) => this.#curveTables(table, compared)));
    const main = runs[0]?.run;
    const isLog = options.scale === 'log';
    const hidesValues = isLog && breakAtZero(columns);
    const y = this.#yRange(columns, tables, { ...options, runs });
    const isEmpty = columns.slice(1).every((cells) => numbers(cells).length === 0);
    return {
      hidesValues,
      isCut: isLog && columns.slice(1).some((cells) => numbers(cells).some((value) => value < y.min)),
      isVisible: tables.some(isVisible),
      hidesAll: hidesValues && isEmpty,
      rowCount: sum(tables.map(({ points }) => points[0]?.rowCount ?? 0)),
      pointCount: sum(tables.map(({ points }) => points[0]?.x.length ?? 0)),
      plot: {
        ...{ columns, x, y, isEmpty },
        ...(isEmpty
          ? { target: null, baseline: null }
          : { target, baseline: guessedValue(this.#spec, main) }),
        epochEnds: main ? epochEnds(main, axis) : [],
        nonFinite:
          main && !runs[0]?.hidden && this.#spec.series !== 'machine'
            ? this.#nonFiniteRanges(main, axis)
            : [],
        faded: tables.flatMap((table, index) =>
          this.#curveTables(table, compared).flatMap(({ curves }) =>
            curves.map(() => this.#spec.series !== 'machine' && isFaded(drawn[index]?.run, options.emphasis)),
          ),
        ),
      },
    };
  }

  /** Returns the values nearest to `x`, or the latest when `x` is null; undefined before the first row. */
  readout(
    runs: readonly ChartRun[],
    x: number | null,
    { axis, smoothing }: Pick<ChartOptions, 'axis' | 'smoothing'>,
  ): Readout | undefined {
    const { series } = this.#spec;
    const shown = this.#spec.series === 'machine' ? runs.slice(0, 1) : runs;
    // The main run may lack a metric that a compared run has.
    const main = shown.find(({ run }) => seriesOf(run, series).length > 0)?.run;
    if (!main) return undefined;
    // All charts show the same batch at an x. The measurements of the machine are between batches, so its chart shows the
    // nearest batch.
    const rowsFrom = series === 'machine' && main.steps.length > 0 ? 'steps' : series;
    const row = rowAt(main, x, { axis, series: rowsFrom });
    const step = seriesOf(main, rowsFrom).columns.step[row] as number;
    const epochLength = batchesPerEpoch(main);
    const { values: positions, scale } = axisPositions(main, axis, rowsFrom);
    return {
      x: (positions[row] as number) * scale,
      step,
      epoch: epochLength && Math.ceil(step / epochLength),
      values: shown.flatMap(({ run }) => this.#valuesAt(run, rowAt(run, x, { axis, series }), smoothing)),
    };
  }

  #valuesAt(run: Run, row: number, smoothing: number): Readout['values'] {
    const { series, test } = this.#spec;
    const step = seriesOf(run, series).columns.step[row] ?? 0;
    const isTested = (epoch: Run['epochs'][number]): boolean =>
      epoch.step <= step && test !== undefined && typeof epoch.test?.[test] === 'number';
    const tested = (test && run.epochs.findLast(isTested)?.test?.[test]) ?? undefined;
    return this.#curvesOf(run).map((curve) => ({
      ...(row < 0 ? { raw: Number.NaN, smooth: Number.NaN } : curve.valueAt(row, smoothing)),
      test: tested,
    }));
  }

  /** Returns the runs to draw: the main run alone on the machine chart, which has a curve for each column. */
  #drawnRuns(runs: readonly ChartRun[]): readonly ChartRun[] {
    return this.#spec.series === 'machine' ? runs.slice(0, 1) : runs.filter(({ hidden }) => !hidden);
  }

  #curvesOf(run: Run): Curve[] {
    const known = this.#curves.get(run);
    if (known) return known;
    const curves = this.#spec.columns.map((column) => new Curve(run, { series: this.#spec.series, column }));
    this.#curves.set(run, curves);
    return curves;
  }

  #curveTables({ points, tests }: RunTables, compared: boolean): CurveTable[] {
    const tables = points.map(({ x, raw, smooth }) => {
      if (!this.#spec.smoothed) return { x, curves: [raw] };
      return { x, curves: compared ? [smooth] : [raw, smooth] };
    });
    return tests ? [...tables, tests] : tables;
  }

  #nonFiniteRanges(run: Run, axis: AxisName): NonFiniteRange[] {
    const x = (step: number): number => stepPosition(run, step, axis, this.#spec.series) ?? 0;
    const ranges = this.#curvesOf(run)[0]?.nonFiniteRanges() ?? [];
    return ranges.map(({ from, to, value }) => ({ from: x(from), to: x(to), value }));
  }

  #yRange(
    columns: PlotFrame['columns'],
    tables: readonly RunTables[],
    { scale, target, runs }: ChartOptions & { runs: readonly ChartRun[] },
  ): Range {
    if (scale === 'fit') return fitRange(columns.slice(1));
    if (scale === 'error') {
      const drawn = columns.slice(1).flatMap(numbers);
      return errorRange(
        errorScaleOf(runs),
        drawn.length === 0 || target === null ? drawn : [...drawn, target],
      );
    }
    if (scale !== 'close' && scale !== 'full') return lossRange(columns.slice(1), scale === 'log');
    const min = scale === 'full' ? 0 : this.#floor(tables, target);
    // A margin above 100 %, so that a line along it is visible in full.
    return { min, max: 1 + (1 - min) * 0.02 };
  }

  /** Returns the start of a close-up axis. As soon as there are values, the axis also contains the target. */
  #floor(tables: readonly RunTables[], target: number | null): number {
    const { test, smoothed } = this.#spec;
    const tested = test ? testedValues(tables, smoothed) : [];
    const values = tested.length > 0 ? tested : allValues(tables);
    return accuracyFloor(values.length === 0 || target === null ? values : [...values, target]);
  }
}

/**
 * Returns whether a curve of a run is in the visible range. In a range without rows, the nearest point on each side is drawn: two are
 * joined by a line through the range, one alone is outside of it.
 */
const isVisible = ({ points: [first] }: RunTables): boolean =>
  first !== undefined && (first.rowCount > 0 || first.x.length > 1);

const isFaded = (run: Run | undefined, emphasis: string | null | undefined): boolean =>
  typeof emphasis === 'string' && run?.runId !== emphasis;

/** Returns the row of a run nearest to `x`, the last row when `x` is null, and -1 when the series is empty. */
function rowAt(run: Run, x: number | null, { axis, series }: { axis: AxisName; series: SeriesName }): number {
  const { values, length, scale } = axisPositions(run, axis, series);
  return x === null ? length - 1 : nearest(values, length, x / scale);
}

/** Returns the results on the test images of the epochs in the range. */
function testResults(run: Run, name: 'loss' | 'accuracy', { axis, range }: ChartOptions): CurveTable {
  const x: number[] = [];
  const values: Cell[] = [];
  for (const { step, test } of run.epochs) {
    const value = test?.[name];
    if (typeof value !== 'number') continue;
    const position = stepPosition(run, step, axis);
    if (position === undefined || position < range.min || position > range.max || position === x.at(-1))
      continue;
    x.push(position);
    values.push(Number.isFinite(value) ? value : null);
  }
  return { x, curves: [values] };
}

const epochEnds = (run: Run, axis: AxisName): number[] =>
  run.epochs.map(({ step }) => stepPosition(run, step, axis)).filter((x) => x !== undefined);

/** Breaks the curves at values of 0 or below. Returns whether there are any. */
function breakAtZero([, ...curves]: PlotFrame['columns']): boolean {
  let found = false;
  for (const cells of curves)
    for (let row = 0; row < cells.length; row++)
      if ((cells[row] ?? 1) <= 0) {
        cells[row] = null;
        found = true;
      }
  return found;
}

const numbers = (cells: readonly Cell[] = []): number[] => cells.filter((value) => typeof value === 'number');

/**
 * Returns the values that the close-up of a chart with test results contains: the results, and the last value of each
 * run's training curve.
 */
function testedValues(tables: readonly RunTables[], smoothed: boolean): number[] {
  const results = tables.flatMap(({ tests }) => numbers(tests?.curves[0]));
  if (results.length === 0) return [];
  const lastTrainingValues = tables.map(
    ({ points: [first] }) => numbers(smoothed ? first?.smooth : first?.raw).at(-1) ?? 1,
  );
  return [...results, ...lastTrainingValues];
}

const allValues = (tables: readonly RunTables[]): number[] =>
  tables.flatMap(({ points }) => points.flatMap(({ raw }) => numbers(raw)));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
