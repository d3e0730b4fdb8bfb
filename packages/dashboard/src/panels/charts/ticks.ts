import type { AxisName } from '../../state/axis.ts';
import { formatClock, formatCount, formatTime } from '../../state/format.ts';
import type { Range } from '../../state/window.ts';

/** What an axis is called below the chart. */
export const axisLabels: Record<AxisName, string> = {
  step: 'Batch',
  epoch: 'Epoch',
  elapsed: 'Training time',
  clock: 'Clock',
};

const decimal = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, power) =>
    [1, 2, 5].map((digit) => Number(`${digit}e${from + power}`)),
  ).flat();

/** Seconds between two labels on an axis of time: what people count in. */
const seconds = [
  ...decimal(-2, -1),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400],
  ...decimal(1, 3).map((days) => days * 86_400),
];

/** How far two labels of an axis may be apart, in its units. */
export const tickSteps: Record<AxisName, number[]> = {
  step: decimal(0, 8),
  epoch: decimal(-4, 5),
  elapsed: seconds,
  clock: seconds.map((value) => value * 1_000),
};

/** A label of an x axis; how exact it must be follows from the range that is shown. */
export function tickText(axis: AxisName, value: number, { min, max }: Range): string {
  switch (axis) {
    case 'step':
      return formatCount(value);
    case 'epoch':
      return String(Number(value.toFixed(4)));
    case 'elapsed':
      return formatClock(value);
    case 'clock':
      return formatTime(value, max - min > 7_200_000 ? 'minutes' : 'seconds');
  }
}
