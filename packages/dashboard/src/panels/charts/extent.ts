import { type AxisName, type PlacedSeries, placesOf } from '../../state/axis.ts';
import type { Run } from '../../state/run.ts';
import type { Extent, Range } from '../../state/window.ts';
import { batchesPerEpoch } from './curve.ts';
import { niceDuration, stepRange } from './ranges.ts';

/** All that some runs have on an axis, and where the data of the first of them end. */
export function extentOf(runs: readonly Run[], axis: AxisName, log: boolean): Extent {
  const ranges = runs.map((run) => wholeRange(run, axis));
  const first = runs[0];
  const all = {
    min: Math.min(...ranges.map(({ min }) => min)),
    max: Math.max(...ranges.map(({ max }) => max)),
  };
  if (!first || ranges.length === 0) return { all: { min: log ? 1 : 0, max: 100 }, edge: 0 };
  // A logarithmic axis cannot begin at 0: it begins with the first row.
  if (log)
    all.min = Math.min(...runs.map((run) => lowest(run, axis)).filter((place) => place > 0), all.max / 2);
  return { all, edge: lastPlace(first, axis) };
}

function wholeRange(run: Run, axis: AxisName): Range {
  const last = lastPlace(run, axis);
  const batches = batchesPerEpoch(run);
  if (axis === 'step' || axis === 'epoch') {
    const scale = axis === 'step' ? 1 : 1 / batches;
    const step = run.steps.last('step') ?? 0;
    const max = run.finished && step > 0 ? step : stepRange(step, run.started?.totals.steps ?? 0).max;
    return { min: 0, max: max * scale };
  }
  const start = axis === 'clock' ? startTime(run) : 0;
  const unit = axis === 'clock' ? 1_000 : 1;
  const seconds = Math.max(0, last - start) / unit;
  const max = start + (run.finished && seconds > 0 ? seconds : niceDuration(seconds)) * unit;
  return { min: start, max };
}

function lastPlace(run: Run, axis: AxisName): number {
  const batches = batchesPerEpoch(run);
  const last = [run.steps, run.machine].map((series) => {
    const { values, length, scale } = placesOf(series as PlacedSeries, axis, batches);
    return length === 0 ? Number.NEGATIVE_INFINITY : (values[length - 1] as number) * scale;
  });
  const place = Math.max(...last);
  return Number.isFinite(place) ? place : axis === 'clock' ? startTime(run) : 0;
}

function lowest(run: Run, axis: AxisName): number {
  const { values, length, scale } = placesOf(run.steps as PlacedSeries, axis, batchesPerEpoch(run));
  return length === 0 ? 1 : (values[0] as number) * scale;
}

const startTime = ({ startedAt }: Run): number => (startedAt === null ? 0 : Date.parse(startedAt));
