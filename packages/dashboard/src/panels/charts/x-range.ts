import {
  type AxisName,
  type AxisPositions,
  axisPositions,
  batchesPerEpoch,
  totalSteps,
} from '../../state/axis.ts';
import type { Run, SeriesName } from '../../state/run.ts';
import type { Extent, Range } from '../../state/viewport.ts';

/** Returns the range of an axis that contains all rows of the runs, and the x of the first run's latest row. */
export function xExtent(runs: readonly Run[], axis: AxisName, log: boolean): Extent {
  const [main] = runs;
  if (!main) return { all: { min: log ? 1 : 0, max: 100 }, edge: 0 };
  const ranges = runs.map((run) => wholeRange(run, axis));
  const all = {
    min: Math.min(...ranges.map(({ min }) => min)),
    max: Math.max(...ranges.map(({ max }) => max)),
  };
  // A logarithmic axis cannot begin at 0: it begins at the first row above 0.
  if (log) {
    const first = Math.min(...runs.map((run) => firstX(run, axis, 0)));
    all.min = Math.min(Number.isFinite(first) ? first : 1, all.max / 2);
  }
  return { all, edge: lastX(main, axis) };
}

function wholeRange(run: Run, axis: AxisName): Range {
  if (axis === 'step' || axis === 'epoch') {
    const scale = axis === 'step' ? 1 : 1 / (batchesPerEpoch(run) ?? 1);
    const step = Math.max(0, lastOf(trainingSeries(run).map((series) => axisPositions(run, 'step', series))));
    const min = startStep(run, step);
    const max =
      run.finished && step > 0 ? step : min + stepRange(step - min, (totalSteps(run) ?? 0) - min).max;
    return { min: min * scale, max: max * scale };
  }
  const start = axis === 'clock' ? startTime(run) : 0;
  const unit = axis === 'clock' ? 1_000 : 1;
  const seconds = Math.max(0, lastX(run, axis) - start) / unit;
  const max = start + (run.finished && seconds > 0 ? seconds : niceDuration(seconds)) * unit;
  return { min: start, max };
}

/**
 * Returns the start of the step axis, which is usually 0. The axis begins just before the first known step instead if more than
 * half of it would be empty, as in a run that continues the steps of another run, or if the beginning of the run is not known.
 */
function startStep(run: Run, lastStep: number): number {
  const first = firstX(run, 'step');
  if (!Number.isFinite(first)) return 0;
  const isFar = run.started ? first > lastStep / 2 && lastStep > first : first > 1;
  return isFar ? Math.max(0, first - 1) : 0;
}

/** Returns the names of the series of a run's batches and custom metrics. Measurements of the machine have no steps of their own. */
const trainingSeries = ({ metrics }: Run): SeriesName[] => [
  'steps',
  ...[...metrics.keys()].map((name) => `metrics.${name}` as const),
];

/** Returns the lowest x above `above`, of batches and custom metrics; infinite when there is none. */
function firstX(run: Run, axis: AxisName, above = Number.NEGATIVE_INFINITY): number {
  const first = trainingSeries(run).map((series) => {
    const { values, length, scale } = axisPositions(run, axis, series);
    for (let row = 0; row < length; row++) {
      const x = (values[row] as number) * scale;
      if (x > above) return x;
    }
    return Number.POSITIVE_INFINITY;
  });
  return Math.min(...first);
}

function lastX(run: Run, axis: AxisName): number {
  const x = lastOf(
    [...trainingSeries(run), 'machine' as const].map((name) => axisPositions(run, axis, name)),
  );
  return Number.isFinite(x) ? x : axis === 'clock' ? startTime(run) : 0;
}

/** Returns the highest x of several series; minus infinity when all are empty. */
const lastOf = (series: readonly AxisPositions[]): number =>
  Math.max(
    ...series.map(({ values, length, scale }) =>
      length === 0 ? Number.NEGATIVE_INFINITY : (values[length - 1] as number) * scale,
    ),
  );

const startTime = ({ startedAt }: Run): number => (startedAt === null ? 0 : Date.parse(startedAt));

/**
 * Returns the range of the step axis: all of the run's steps once more than half of them are done, and before that the
 * shortest of the first half, first quarter, first eighth and so on that contains the step and at least 20 steps. The
 * curve thus fills its chart from the start, and the axis rarely changes.
 */
export function stepRange(step: number, totalSteps: number): Range {
  let max = Math.max(totalSteps, step, 1);
  while (max / 2 >= Math.max(step, 20)) max /= 2;
  return { min: 0, max: Math.ceil(max) };
}

const niceSeconds = [
  10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
];

/** Rounds seconds up to a round duration, so that an axis that grows with time rarely changes. */
function niceDuration(seconds: number): number {
  return niceSeconds.find((nice) => nice >= seconds) ?? Math.ceil(seconds / 86_400) * 86_400;
}
