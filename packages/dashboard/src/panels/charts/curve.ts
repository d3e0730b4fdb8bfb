import { type AxisName, axisPositions, rowsInRange } from '../../state/axis.ts';
import { MinMaxPyramid } from '../../state/min-max-pyramid.ts';
import { type NonFiniteRange, NonFiniteRanges } from '../../state/non-finite-ranges.ts';
import { type Run, type SeriesName, seriesOf } from '../../state/run.ts';
import type { Column } from '../../state/series.ts';
import { smoothedAt } from '../../state/smoothing.ts';
import type { Range } from '../../state/viewport.ts';
import type { Cell } from './join-columns.ts';

/** The column of a run's series that a curve shows. */
export interface CurveSource {
  series: SeriesName;
  column: string;
}

/** Options of `Curve.points`. */
export interface CurveOptions {
  axis: AxisName;
  range: Range;
  /** Number of pairs of lowest and highest value that fit on the screen. */
  buckets: number;
  /** The smoothing of the curve, from 0 (off) to below 1. */
  smoothing: number;
}

/** The points of a curve to draw, as parallel columns. */
export interface CurvePoints {
  x: number[];
  raw: Cell[];
  smooth: Cell[];
  /** Number of rows in the range, before downsampling. */
  rowCount: number;
}

/** One column of one run, prepared for drawing. What is derived from earlier rows is computed again only if they have changed. */
export class Curve {
  readonly #run: Run;
  readonly #source: CurveSource;
  readonly #pyramid = new MinMaxPyramid();
  readonly #nonFinite = new NonFiniteRanges();

  constructor(run: Run, source: CurveSource) {
    this.#run = run;
    this.#source = source;
  }

  /** Returns the points to draw in a range, downsampled to about two per bucket. */
  points({ axis, range, buckets, smoothing }: CurveOptions): CurvePoints {
    const positions = axisPositions(this.#run, axis, this.#source.series);
    const [from, to] = rowsInRange(positions, range);
    const column = this.#column;
    // In a column with values in some rows only, the line joins these values: it breaks at null, but not at undefined.
    const missing = this.#isSparse && this.#isKnown ? undefined : null;
    const points: CurvePoints = { x: [], raw: [], smooth: [], rowCount: Math.max(0, to - from) };
    // One more row on each side continues the line to the edge.
    const selection = { from: Math.max(0, from - 1), to: Math.min(column.length, to + 1), buckets };
    for (const row of this.#pyramid.select(column, selection)) {
      const x = (positions.values[row] as number) * positions.scale;
      // A row replaces an earlier one with the same x, as when the machine is measured twice within a step.
      const index = points.x.at(-1) === x ? points.x.length - 1 : points.x.length;
      points.x[index] = x;
      points.raw[index] = cellOf(column.values[row], missing);
      points.smooth[index] = cellOf(smoothedAt(column, row, smoothing), missing);
    }
    return points;
  }

  /** Returns the ranges of steps, or of sequence numbers for the series `machine`, in which the values are not finite. */
  nonFiniteRanges(): readonly NonFiniteRange[] {
    // In a sparse column, NaN is a row without a value.
    if (this.#isSparse) return [];
    return this.#nonFinite.update(seriesOf(this.#run, this.#source.series).x, this.#column);
  }

  /**
   * Returns the value in a row, raw and smoothed; undefined where there is none. In a column with values in some rows only, a row
   * without a value has the last value before it. An infinite value has no mean: it is returned as it is.
   */
  valueAt(row: number, smoothing: number): { raw: number | undefined; smooth: number | undefined } {
    const column = this.#column;
    const valueRow = this.#isSparse ? this.#lastRowWithValue(row) : row;
    if (valueRow < 0) return { raw: undefined, smooth: undefined };
    const raw = column.values[valueRow] as number;
    return { raw, smooth: Number.isFinite(raw) ? smoothedAt(column, valueRow, smoothing) : raw };
  }

  /** Returns the last row, up to the given one, that has a value; -1 if there is none. */
  #lastRowWithValue(row: number): number {
    if (!this.#isKnown) return -1;
    const { values } = this.#column;
    while (row >= 0 && Number.isNaN(values[row])) row--;
    return row;
  }

  get #isKnown(): boolean {
    return seriesOf(this.#run, this.#source.series).known.has(this.#source.column);
  }

  get #isSparse(): boolean {
    return seriesOf(this.#run, this.#source.series).sparse.has(this.#source.column);
  }

  get #column(): Column {
    const { columns, length, generation } = seriesOf(this.#run, this.#source.series);
    const values = columns[this.#source.column] as Float64Array;
    return { values, length, generation };
  }
}

const cellOf = (value: number | undefined, missing: Cell): Cell =>
  value !== undefined && Number.isFinite(value) ? value : missing;
