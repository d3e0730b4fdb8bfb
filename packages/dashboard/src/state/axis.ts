import { countsEpochs, type Run, type SeriesName, seriesOf } from './run.ts';
import { lowerBound } from './series.ts';
import type { Range, Viewport } from './viewport.ts';

/** The quantities that the x axis of the charts can show. */
export const axisNames = ['step', 'epoch', 'elapsed', 'clock'] as const;
export type AxisName = (typeof axisNames)[number];

/** The x of each row of a series on an axis: `values[row] * scale`, ascending. */
export interface AxisPositions {
  values: Float64Array;
  length: number;
  scale: number;
}

/** Returns the x of each row of a run's series on an axis; on `clock`, x is in milliseconds since 1970. */
export function axisPositions(run: Run, axis: AxisName, series: SeriesName = 'steps'): AxisPositions {
  const { columns, length } = seriesOf(run, series);
  switch (axis) {
    case 'step':
      return { values: columns.step, length, scale: 1 };
    case 'epoch':
      return { values: columns.step, length, scale: 1 / (batchesPerEpoch(run) ?? 1) };
    case 'elapsed':
      return { values: columns.elapsedSeconds, length, scale: 1 };
    case 'clock':
      return { values: columns.time, length, scale: 1 };
  }
}

/** Returns the number of steps in an epoch, as announced or as the epochs show it; undefined while it is not known. */
export function batchesPerEpoch({ started, epochs }: Run): number | undefined {
  const totals = started?.totals;
  const announced = totals?.batchesPerEpoch ?? ratio(totals?.steps, announcedEpochs(started));
  return announced ?? ratio(epochs.at(-1)?.step, epochs.at(-1)?.epoch);
}

/** Returns the number of steps of the whole run, or of epochs where its steps are epochs; undefined while it is not known. */
export const totalSteps = (run: Run): number | undefined =>
  countsEpochs(run) ? announcedEpochs(run.started) : announcedSteps(run.started);

/** Returns the number of steps that a run has announced, or that follows from its number of epochs; undefined without one. */
export function announcedSteps(started: Run['started']): number | undefined {
  const [totals, epochs] = [started?.totals, announcedEpochs(started)];
  return totals?.steps ?? (epochs && totals?.batchesPerEpoch ? epochs * totals.batchesPerEpoch : undefined);
}

export const announcedEpochs = (started: Run['started']): number | undefined =>
  started?.totals?.epochs ?? started?.config.epochs ?? undefined;

const ratio = (steps: number | null | undefined, epochs: number | null | undefined): number | undefined =>
  steps && epochs ? steps / epochs : undefined;

/**
 * Returns the axis to draw: for a run with events, `step` instead of `epoch` if the length of the run's epochs is not known, or if
 * its rows are epochs, whose lengths may differ.
 */
export const knownAxis = (run: Run | undefined, axis: AxisName): AxisName =>
  axis === 'epoch' && run && run.eventCount > 0 && (run.byEpoch || batchesPerEpoch(run) === undefined)
    ? 'step'
    : axis;

/** Returns the x of the last row of a series up to a step, or of its first row if all are later; undefined for an empty series. */
export function stepPosition(
  run: Run,
  step: number,
  axis: AxisName,
  series: SeriesName = 'steps',
): number | undefined {
  const { columns, length } = seriesOf(run, series);
  if (length === 0) return undefined;
  const { values, scale } = axisPositions(run, axis, series);
  const after = lowerBound(columns.step, length, step + 1);
  return (values[Math.max(0, after - 1)] as number) * scale;
}

/** Returns the last step that the run had reached at a time in milliseconds since 1970; 0 before the first one. */
export function stepAtTime({ steps }: Run, time: number): number {
  const row = lowerBound(steps.columns.time, steps.length, time + 1) - 1;
  return row < 0 ? 0 : (steps.x[row] as number);
}

/** Returns the rows whose x is in a range, both ends included: the first row, and the one after the last. */
export function rowsInRange(
  { values, length, scale }: AxisPositions,
  { min, max }: Range,
): [from: number, to: number] {
  const from = lowerBound(values, length, min / scale);
  // A number just above `max`, so that a row at `max` itself is included.
  return [from, lowerBound(values, length, (max / scale) * (1 + Number.EPSILON))];
}

/** Returns the viewport that shows the same rows on another axis, limited to the range of the data. */
export function convertViewport(viewport: Viewport, from: AxisPositions, to: AxisPositions): Viewport {
  if (viewport.kind === 'all' || from.length < 2) return { kind: 'all' };
  const last = from.length - 1;
  if (viewport.kind === 'follow') {
    const start = interpolate((from.values[last] as number) * from.scale - viewport.width, from, to);
    return { kind: 'follow', width: (to.values[last] as number) * to.scale - start };
  }
  const [min, max] = [interpolate(viewport.min, from, to), interpolate(viewport.max, from, to)];
  return max > min ? { kind: 'fixed', min, max } : { kind: 'all' };
}

/** Returns the x on axis `to` of an x on axis `from`, interpolated between the two rows nearest to it. */
function interpolate(x: number, from: AxisPositions, to: AxisPositions): number {
  const value = x / from.scale;
  const after = Math.min(Math.max(1, lowerBound(from.values, from.length, value)), from.length - 1);
  const [left, right] = [from.values[after - 1] as number, from.values[after] as number];
  const share = right > left ? Math.min(1, Math.max(0, (value - left) / (right - left))) : 0;
  const [first, second] = [to.values[after - 1] as number, to.values[after] as number];
  return (first + (second - first) * share) * to.scale;
}
