import { lowerBound, type Series } from './series.ts';
import type { Range, Window } from './window.ts';

/** What the charts can run over. */
export const axisNames = ['step', 'epoch', 'elapsed', 'clock'] as const;
export type AxisName = (typeof axisNames)[number];

/** Where each row of a series stands in the run; none of the three ever descends. */
export type PlaceColumn = 'step' | 'elapsedSeconds' | 'time';
export type PlacedSeries = Series<PlaceColumn>;

/** Where rows stand on an axis: `values[row] * scale`, ascending. */
export interface Places {
  values: Float64Array;
  length: number;
  scale: number;
}

/** Where the rows of a series stand on an axis; a clock counts milliseconds since 1970. */
export function placesOf(series: PlacedSeries, axis: AxisName, batchesPerEpoch: number): Places {
  const { columns, length } = series;
  switch (axis) {
    case 'step':
      return { values: columns.step, length, scale: 1 };
    case 'epoch':
      return { values: columns.step, length, scale: 1 / batchesPerEpoch };
    case 'elapsed':
      return { values: columns.elapsedSeconds, length, scale: 1 };
    case 'clock':
      return { values: columns.time, length, scale: 1 };
  }
}

/** The rows in a range, both ends included: the first, and the one behind the last. */
export function rowsWithin(
  { values, length, scale }: Places,
  { min, max }: Range,
): [from: number, to: number] {
  const from = lowerBound(values, length, min / scale);
  // Nothing between a number and the next: what stands at the end itself is in.
  return [from, lowerBound(values, length, (max / scale) * (1 + Number.EPSILON))];
}

/** Where a step stands on an axis; undefined before the first row. Between rows it is where the row before it is. */
export function placeOfStep(series: PlacedSeries, step: number, places: Places): number | undefined {
  if (series.length === 0) return undefined;
  const after = lowerBound(series.columns.step, series.length, step + 1);
  return (places.values[Math.max(0, after - 1)] as number) * places.scale;
}

/** The same stretch of the run on another axis; ends beyond the data go to their end. */
export function convertWindow(window: Window, from: Places, to: Places): Window {
  if (window.kind === 'all' || from.length < 2) return { kind: 'all' };
  const edge = from.length - 1;
  if (window.kind === 'follow') {
    const start = convert((from.values[edge] as number) * from.scale - window.width, from, to);
    return { kind: 'follow', width: (to.values[edge] as number) * to.scale - start };
  }
  const [min, max] = [convert(window.min, from, to), convert(window.max, from, to)];
  return max > min ? { kind: 'fixed', min, max } : { kind: 'all' };
}

function convert(value: number, from: Places, to: Places): number {
  const wanted = value / from.scale;
  const after = Math.min(Math.max(1, lowerBound(from.values, from.length, wanted)), from.length - 1);
  const [left, right] = [from.values[after - 1] as number, from.values[after] as number];
  const share = right > left ? Math.min(1, Math.max(0, (wanted - left) / (right - left))) : 0;
  const [first, second] = [to.values[after - 1] as number, to.values[after] as number];
  return (first + (second - first) * share) * to.scale;
}
