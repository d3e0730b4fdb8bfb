import { type AxisName, type PlacedSeries, placeOfStep, placesOf } from '../../state/axis.ts';
import type { ChartSpec, Scale } from '../../state/chart-specs.ts';
import type { Stretch } from '../../state/non-finite.ts';
import type { Run } from '../../state/run.ts';
import { lowerBound, nearest } from '../../state/series.ts';
import type { Range } from '../../state/window.ts';
import { type Cell, joinColumns, type Part } from './columns.ts';
import { batchesPerEpoch, Curve } from './curve.ts';
import type { CurveStyle, Frame } from './plot.ts';
import { accuracyFloor, lossRange } from './ranges.ts';

/** A run as the charts draw it. */
export interface RunLine {
  run: Run;
  /** Custom property of the page with its colour. */
  color: string;
  /** Tells it from the others by more than its colour. */
  dash?: readonly number[];
}

/** How a chart is looked at. */
export interface ChartLook {
  axis: AxisName;
  range: Range;
  scale: Scale;
  weight: number;
  buckets: number;
  /** Where a line is drawn across, if anywhere. */
  target: number | null;
}

/** A frame, and what it leaves out. */
export interface Picture {
  frame: Omit<Frame, 'flags'>;
  /** Rows in the range, and points drawn of them: of the first curve of each run. */
  rows: number;
  drawn: number;
}

/** A value under the cursor, or the latest. */
export interface Reading {
  /** Where on the axis. */
  place: number;
  step: number;
  epoch: number;
  /** For each column, or of several runs for each run. */
  values: { raw: number; smooth: number; test: number | undefined }[];
}

/** Turns runs into frames of one chart, and reads values out of them. */
export class Painter {
  readonly #spec: ChartSpec;
  readonly #curves = new WeakMap<Run, Curve[]>();

  constructor(spec: ChartSpec) {
    this.#spec = spec;
  }

  /** The curves that a frame's columns hold, in their order. */
  styles(lines: readonly RunLine[]): CurveStyle[] {
    const { series, columns, smoothed, test } = this.#spec;
    if (series === 'machine') return columns.map((_, at) => ({ kind: 'line', color: `--run-${at + 1}` }));
    const several = lines.length > 1;
    return lines.flatMap(({ color, dash }): CurveStyle[] => [
      ...(smoothed && !several ? [{ kind: 'raw', color: `${color}-faint` } as const] : []),
      { kind: 'line', color, ...(dash && { dash }) },
      ...(test
        ? [{ kind: test === 'accuracy' ? 'joined' : 'points', color: several ? color : '--test' } as const]
        : []),
    ]);
  }

  paint(lines: readonly RunLine[], look: ChartLook): Picture {
    const shown = this.#shown(lines);
    const several = shown.length > 1;
    const parts: Part[] = [];
    let rows = 0;
    let drawn = 0;
    for (const { run } of shown)
      for (const [index, curve] of this.#of(run).entries()) {
        const points = curve.draw(look);
        rows += index === 0 ? points.rows : 0;
        drawn += index === 0 ? points.x.length : 0;
        const curves = this.#spec.smoothed
          ? several
            ? [points.smooth]
            : [points.raw, points.smooth]
          : [points.raw];
        parts.push({ x: points.x, curves });
        if (this.#spec.test) parts.push(this.#tests(run, look));
      }
    const main = shown[0]?.run;
    const columns = joinColumns(parts);
    return {
      rows,
      drawn,
      frame: {
        columns,
        x: look.range,
        y: this.#yRange(columns, parts, look),
        epochs: main ? this.#epochs(main, look.axis) : [],
        stretches: main && this.#spec.series === 'steps' ? this.#stretches(main, look.axis) : [],
        target: look.target,
      },
    };
  }

  /** What the chart says at `x`; at its end when `x` is null; undefined before the first row. */
  read(
    lines: readonly RunLine[],
    x: number | null,
    { axis, weight }: Pick<ChartLook, 'axis' | 'weight'>,
  ): Reading | undefined {
    const shown = this.#shown(lines);
    const main = shown[0]?.run;
    if (!main) return undefined;
    const rowOf = (run: Run, series = this.#series(run)): number => {
      const { values, length, scale } = placesOf(series, axis, batchesPerEpoch(run));
      return x === null ? length - 1 : nearest(values, length, x / scale);
    };
    if (rowOf(main) < 0) return undefined;
    // The machine is measured between batches, but all charts are to name the same one.
    const along = main.steps.length > 0 ? (main.steps as PlacedSeries) : this.#series(main);
    const row = rowOf(main, along);
    const step = along.columns.step[row] as number;
    const values = shown.flatMap(({ run }) => {
      const at = rowOf(run);
      const here = this.#series(run).columns.step[at] ?? 0;
      return this.#of(run).map((curve) => ({
        ...(at < 0 ? { raw: Number.NaN, smooth: Number.NaN } : curve.at(at, weight)),
        test: this.#spec.test && run.epochs.findLast((epoch) => epoch.step <= here)?.test[this.#spec.test],
      }));
    });
    const { values: places, scale } = placesOf(along, axis, batchesPerEpoch(main));
    return {
      place: (places[row] as number) * scale,
      step,
      epoch: Math.ceil(step / batchesPerEpoch(main)),
      values,
    };
  }

  /** The machine of one run is enough to look at. */
  #shown(lines: readonly RunLine[]): readonly RunLine[] {
    return this.#spec.series === 'machine' ? lines.slice(0, 1) : lines;
  }

  #of(run: Run): Curve[] {
    const known = this.#curves.get(run);
    if (known) return known;
    const curves = this.#spec.columns.map((column) => new Curve(run, { series: this.#spec.series, column }));
    this.#curves.set(run, curves);
    return curves;
  }

  #series(run: Run): PlacedSeries {
    return run[this.#spec.series] as PlacedSeries;
  }

  #tests(run: Run, { axis, range }: ChartLook): Part {
    const name = this.#spec.test as 'loss' | 'accuracy';
    const x: number[] = [];
    const values: Cell[] = [];
    for (const { step, test } of run.epochs) {
      const place = stepPlace(run, step, axis);
      if (place === undefined || place < range.min || place > range.max || place === x.at(-1)) continue;
      x.push(place);
      values.push(Number.isFinite(test[name]) ? test[name] : null);
    }
    return { x, curves: [values] };
  }

  #epochs(run: Run, axis: AxisName): number[] {
    return run.epochs.map(({ step }) => stepPlace(run, step, axis)).filter((place) => place !== undefined);
  }

  #stretches(run: Run, axis: AxisName): Stretch[] {
    const place = (step: number): number => stepPlace(run, step, axis) ?? 0;
    return (this.#of(run)[0]?.stretches() ?? []).map(({ from, to, value }) => ({
      from: place(from),
      to: place(to),
      value,
    }));
  }

  #yRange(columns: Frame['columns'], parts: readonly Part[], { scale, target }: ChartLook): Range {
    if (scale === 'close' || scale === 'full') {
      // A little air above 100 %, so that a line that runs along it is seen in full.
      const min = scale === 'full' ? 0 : this.#floor(parts, target);
      return { min, max: 1 + (1 - min) * 0.02 };
    }
    return lossRange(columns.slice(1), scale === 'log');
  }

  /** Where a close-up begins; the target alone is no reason to leave anything out. */
  #floor(parts: readonly Part[], target: number | null): number {
    const shown = closeValues(parts, this.#spec.test !== undefined);
    return accuracyFloor(shown.length === 0 || target === null ? shown : [...shown, target]);
  }
}

/** Where a step of a run stands on an axis; undefined before the first batch. */
export function stepPlace(run: Run, step: number, axis: AxisName): number | undefined {
  const series = run.steps as PlacedSeries;
  return placeOfStep(series, step, placesOf(series, axis, batchesPerEpoch(run)));
}

/** The step that was the last at a time, in milliseconds since 1970. */
export function stepAtTime({ steps }: Run, time: number): number {
  const row = lowerBound(steps.columns.time, steps.length, time + 1) - 1;
  return row < 0 ? 0 : (steps.x[row] as number);
}

/** What a close-up must show: all test results and the end of each curve, or everything where there are no tests. */
function closeValues(parts: readonly Part[], tested: boolean): number[] {
  const numbers = (cells: readonly Cell[]): number[] => cells.filter((value) => typeof value === 'number');
  if (!tested) return parts.flatMap(({ curves }) => curves.flatMap(numbers));
  const tests = parts.filter((_, at) => at % 2 === 1).flatMap(({ curves }) => numbers(curves[0] ?? []));
  if (tests.length === 0) return [];
  const ends = parts
    .filter((_, at) => at % 2 === 0)
    .map(({ curves }) => numbers(curves.at(-1) ?? []).at(-1) ?? 1);
  return [...tests, ...ends];
}
