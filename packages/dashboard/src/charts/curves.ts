import { NonFinite } from '../state/non-finite.ts';
import type { BatchColumn, Run } from '../state/run.ts';
import { lowerBound } from '../state/series.ts';
import { type Column, Smoothed } from '../state/smooth.ts';
import type { Frame } from './plot.ts';
import { accuracyFloor, lossRange, type Range, stepRange } from './ranges.ts';
import { joinRows } from './rows.ts';

/** What a chart shows: the column of the batches that has this name and, over it, the test result of each epoch. */
export type CurveColumn = Extract<BatchColumn, 'loss' | 'accuracy'>;

/** How its y axis runs: logarithmic or from 0; from where the results differ or from 0. */
export type CurveView = 'loss-log' | 'loss' | 'accuracy-close' | 'accuracy';

export interface FrameOptions {
  view: CurveView;
  /** Of the moving average, from 0 to below 1. */
  weight: number;
  /** Room in pixels. */
  width: number;
}

/** Values under the cursor, or the latest. */
export interface Reading {
  step: number;
  epoch: number;
  raw: number;
  smooth: number;
  /** Of the latest epoch that had ended by then. */
  test: number | undefined;
}

/** Turns a run into frames of one chart; keeps the moving average, so that a new batch costs one step of it. */
export class Curve {
  readonly #column: CurveColumn;
  #smoothed = new Smoothed();
  #nonFinite = new NonFinite();
  #run: Run | null = null;
  #weight = 0;

  constructor(column: CurveColumn) {
    this.#column = column;
  }

  /** The run to show from now on. */
  follow(run: Run | null): void {
    if (run === this.#run) return;
    this.#smoothed = new Smoothed();
    this.#nonFinite = new NonFinite();
    this.#run = run;
  }

  frame(options: FrameOptions): Frame {
    const run = this.#run;
    if (!run) return emptyFrame(options.view);
    this.#weight = options.weight;
    const { steps } = run;
    const column = this.#source(run);
    const points = run.epochs.map(({ step, test }) => ({ x: step, y: test[this.#column] }));
    const rows = joinRows({
      x: steps.x,
      raw: column.values,
      smooth: this.#smoothed.follow(column, options.weight),
      length: steps.length,
      points,
      width: options.width,
    });
    const lastStep = Math.max(steps.x[steps.length - 1] ?? 0, run.epochs.at(-1)?.step ?? 0);
    return {
      rows,
      x: stepRange(steps.length > 0 ? lastStep : 0, run.started?.totals.steps ?? 0),
      y: yRange(options.view, rows, points),
      marks: run.epochs.map(({ step }) => step),
      stretches: this.#nonFinite.follow(steps.x, column),
    };
  }

  /** What the chart says at `x`; at its end when `x` is null; undefined before the first batch. */
  read(x: number | null): Reading | undefined {
    const run = this.#run;
    if (!run || run.steps.length === 0) return undefined;
    const { steps, epochs, started } = run;
    const row =
      x === null ? steps.length - 1 : Math.min(steps.length - 1, lowerBound(steps.x, steps.length, x));
    const step = steps.x[row] as number;
    const column = this.#source(run);
    const batches = started?.totals.batchesPerEpoch ?? step;
    return {
      step,
      epoch: Math.ceil(step / batches),
      raw: column.values[row] as number,
      smooth: this.#smoothed.follow(column, this.#weight)[row] as number,
      test: epochs.findLast((epoch) => epoch.step <= step)?.test[this.#column],
    };
  }

  #source({ steps }: Run): Column {
    return { values: steps.columns[this.#column], length: steps.length, generation: steps.generation };
  }
}

const emptyFrame = (view: CurveView): Frame => ({
  rows: [[], [], [], []],
  x: { min: 0, max: 100 },
  y: yRange(view, [[], [], [], []], []),
  marks: [],
  stretches: [],
});

function yRange(view: CurveView, rows: Frame['rows'], points: readonly { y: number }[]): Range {
  if (view === 'accuracy' || view === 'accuracy-close') {
    const min =
      view === 'accuracy' || points.length === 0
        ? 0
        : accuracyFloor([...points.map(({ y }) => y), lastOf(rows[2])]);
    // A little air above 100 %, so that a line that runs along it is seen in full.
    return { min, max: 1 + (1 - min) * 0.02 };
  }
  return lossRange([...rows[1], ...rows[3]], view === 'loss-log');
}

/** The end of the smoothed curve, which a close-up must not lose sight of. */
const lastOf = (column: Frame['rows'][number]): number =>
  column.findLast((value) => typeof value === 'number') ?? 1;
