import { type AxisName, type PlaceColumn, placesOf, rowsWithin } from '../../state/axis.ts';
import { Extremes } from '../../state/extremes.ts';
import { NonFinite, type Stretch } from '../../state/non-finite.ts';
import type { Run } from '../../state/run.ts';
import type { Series } from '../../state/series.ts';
import { type Column, Smoothed } from '../../state/smooth.ts';
import type { Range } from '../../state/window.ts';
import type { Cell } from './columns.ts';

/** One of a run's numbers: which series it is in, and its name there. */
export interface Source {
  series: 'steps' | 'machine';
  column: string;
}

/** How a curve is looked at. */
export interface Look {
  axis: AxisName;
  range: Range;
  /** Room on the screen: so many pairs of lowest and highest. */
  buckets: number;
  /** Weight of the moving average, from 0 to below 1. */
  weight: number;
}

/** What is drawn of a curve, in columns that run in parallel. */
export interface DrawnCurve {
  x: number[];
  raw: Cell[];
  smooth: Cell[];
  /** How many rows the range has. */
  rows: number;
}

/** One number of one run as a curve. Keeps what it has worked out, so that a new row costs one step of it. */
export class Curve {
  readonly #run: Run;
  readonly #source: Source;
  readonly #smoothed = new Smoothed();
  readonly #extremes = new Extremes();
  readonly #nonFinite = new NonFinite();

  constructor(run: Run, source: Source) {
    this.#run = run;
    this.#source = source;
  }

  draw({ axis, range, buckets, weight }: Look): DrawnCurve {
    const places = placesOf(this.#series, axis, batchesPerEpoch(this.#run));
    const [from, to] = rowsWithin(places, range);
    const column = this.#column;
    const smoothed = this.#smoothed.follow(column, weight);
    const drawn: DrawnCurve = { x: [], raw: [], smooth: [], rows: Math.max(0, to - from) };
    // With a neighbour at each side, so that lines run on to the edge.
    const selection = { from: Math.max(0, from - 1), to: Math.min(column.length, to + 1), buckets };
    for (const row of this.#extremes.select(column, selection)) {
      const x = (places.values[row] as number) * places.scale;
      // Rows at one place (two looks at the machine within a step) are one point: the later.
      const at = drawn.x.at(-1) === x ? drawn.x.length - 1 : drawn.x.length;
      drawn.x[at] = x;
      drawn.raw[at] = cell(column.values[row]);
      drawn.smooth[at] = cell(smoothed[row]);
    }
    return drawn;
  }

  /** Where the curve is not finite, over rows: `from` and `to` are steps or, of the machine, numbers of events. */
  stretches(): readonly Stretch[] {
    return this.#nonFinite.follow(this.#series.x, this.#column);
  }

  /** The value in a row, as it is and smoothed. */
  at(row: number, weight: number): { raw: number; smooth: number } {
    const column = this.#column;
    return {
      raw: column.values[row] as number,
      smooth: this.#smoothed.follow(column, weight)[row] as number,
    };
  }

  get #series(): Series<PlaceColumn> {
    return this.#run[this.#source.series] as Series<PlaceColumn>;
  }

  get #column(): Column {
    const { columns, length, generation } = this.#series as Series<string>;
    return { values: columns[this.#source.column] as Float64Array, length, generation };
  }
}

/** 1 while it is not known. */
export const batchesPerEpoch = ({ started }: Run): number => started?.totals.batchesPerEpoch ?? 1;

const cell = (value: number | undefined): Cell =>
  value !== undefined && Number.isFinite(value) ? value : null;
