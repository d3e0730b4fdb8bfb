import type { AxisName } from '../../state/axis.ts';
import { capitalize, formatClock, formatTickCount, formatTime } from '../../state/format.ts';
import type { StepWord } from '../../state/run-words.ts';
import type { Range } from '../../state/viewport.ts';

const axisLabels: Record<Exclude<AxisName, 'step'>, string> = {
  epoch: 'Epoch',
  elapsed: 'Training time',
  clock: 'Clock',
};

/** Returns the label of an x axis. */
export const axisLabel = (axis: AxisName, stepWord: StepWord): string =>
  axis === 'step' ? capitalize(stepWord) : axisLabels[axis];

/** Returns 1, 2 and 5 times each power of ten from `10 ** from` to `10 ** to`. */
const decimalSteps = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, offset) =>
    [1, 2, 5].map((digit) => Number(`${digit}e${from + offset}`)),
  ).flat();

/** Tick distances of a time axis in seconds: round numbers of seconds, minutes, hours and days. */
const secondSteps = [
  ...decimalSteps(-2, -1),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200],
  ...decimalSteps(0, 3).map((days) => days * 86_400),
];

/** The allowed distances of two ticks on each axis, in its unit. */
export const tickSteps: Record<AxisName, number[]> = {
  step: decimalSteps(0, 15),
  epoch: decimalSteps(-4, 15),
  elapsed: secondSteps,
  clock: secondSteps.map((value) => value * 1_000),
};

/**
 * Returns the ticks of a clock axis, `step` milliseconds apart, at round times of a time zone, also where its clocks change.
 * @param offset Returns how far the zone is behind UTC at a time, in milliseconds.
 */
export function clockTicks({ min, max }: Range, step: number, offset: (time: number) => number): number[] {
  const ticks: number[] = [];
  const first = offset(min);
  for (let local = Math.ceil((min - first) / step) * step; ; local += step) {
    const tick = local + offset(local + first);
    if (!(tick <= max)) return ticks;
    // An hour that the clocks skip has no tick.
    if (tick >= min && tick > (ticks.at(-1) ?? Number.NEGATIVE_INFINITY)) ticks.push(tick);
  }
}

/** Maximum error of a tick's text, as a share of the distance to the next tick or, for a single tick, of its value. */
const tickTolerance = 0.01;
const singleTickTolerance = 1e-6;

/** Formats the ticks of an axis, with the fewest digits, and at least three, that give their values and distinguish them. */
export function tickTexts(
  values: readonly number[],
  format: (value: number, digits: number) => string,
): string[] {
  const distances = values.slice(1).map((value, index) => Math.abs(value - (values[index] as number)));
  const tolerance =
    distances.length > 0
      ? Math.min(...distances) * tickTolerance
      : Math.abs(values[0] ?? 0) * singleTickTolerance;
  const isExact = (digits: number): boolean =>
    values.every((value) => Math.abs(Number(value.toPrecision(digits)) - value) <= tolerance);
  let digits = 3;
  // 17 digits give every number exactly.
  while (digits < 17 && !isExact(digits)) digits++;
  return values.map((value) => format(value, digits));
}

/** Space between the texts of a y axis and its curves, and between the texts and the edge, in CSS pixels. */
export const tickGap = 8;
const edgeGap = 4;
/** Minimum width of a y axis in CSS pixels: most texts fit, so that the curves seldom move. */
const minAxisWidth = 52;

/** Returns the width of a y axis that its texts fit into, in CSS pixels. */
export const yAxisWidth = (texts: readonly string[], measure: (text: string) => number): number =>
  Math.max(minAxisWidth, ...texts.map((text) => Math.ceil(measure(text)) + tickGap + edgeGap));

/** Formats a tick of an x axis. The visible range sets the precision of clock times, `digits` that of steps. */
export function tickText(axis: AxisName, value: number, { min, max }: Range, digits?: number): string {
  switch (axis) {
    case 'step':
      return formatTickCount(value, digits);
    case 'epoch':
      return String(Number(value.toFixed(4)));
    case 'elapsed':
      return formatClock(value);
    case 'clock':
      return formatTime(value, max - min > dayMs ? 'days' : max - min > 7_200_000 ? 'minutes' : 'seconds');
  }
}

const dayMs = 86_400_000;
/** Range of a clock axis from which its dates have a year. */
const yearRangeMs = 180 * dayMs;

const isMidnight = (time: number): boolean => {
  const local = new Date(time);
  return local.getHours() + local.getMinutes() + local.getSeconds() + local.getMilliseconds() === 0;
};

/** Formats the ticks of a clock axis: as dates where all are at midnight; otherwise as times, with a date at midnight. */
export function clockTexts(ticks: readonly number[], range: Range): string[] {
  const length = range.max - range.min;
  if (length > dayMs && ticks.every(isMidnight))
    return ticks.map((tick) => formatTime(tick, length > yearRangeMs ? 'datesOfYears' : 'dates'));
  return ticks.map((tick) => (isMidnight(tick) ? formatTime(tick, 'days') : tickText('clock', tick, range)));
}

/** Returns a text about as long as the longest tick of a range: the end of the range, with the digits that distinguish ticks. */
export function typicalTick(axis: AxisName, { min, max }: Range): string {
  const digits = Math.ceil(Math.log10(Math.abs(max) / (max - min))) + 3;
  return tickText(axis, max, { min, max }, Math.min(17, Math.max(3, digits || 3)));
}

/**
 * Returns the ticks of a linear axis: multiples of 1, 2 or 5 times a power of ten.
 * @param minDistance Least distance of two ticks, as a share of the axis.
 */
export function linearTicks({ min, max }: Range, minDistance: number): number[] {
  const least = (max - min) * minDistance;
  const power = Math.floor(Math.log10(least));
  // Parsed from text, so that the ticks have no rounding errors.
  const step =
    [1, 2, 5].map((digit) => Number(`${digit}e${power}`)).find((each) => each >= least) ??
    Number(`1e${power + 1}`);
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, at) => Number(((first + at) * step).toPrecision(15)));
}

/** Range of a logarithmic axis, in decades, below which its ticks are those of a linear axis. */
const minDecades = 0.7;
/** The distances of ticks, in decades, on a logarithmic axis of any length: `1e-300` to `1e300` has 600 decades. */
const decadeSteps = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200];

/**
 * Returns the ticks of a logarithmic axis: 1, 2 and 5 of each decade where they fit; otherwise 1 of each decade, or of every second,
 * third, fifth, tenth and so on. Zoomed in to less than a decade, an axis may contain none of these, and has those of a linear axis.
 * @param minDistance Least distance of two ticks, as a share of the axis.
 */
export function logTicks({ min, max }: Range, minDistance: number): number[] {
  const decades = Math.log10(max / min);
  const least = decades * minDistance;
  // Linear ticks are nearest to each other at the end of the axis.
  if (decades < minDecades) return linearTicks({ min, max }, (least * Math.LN10 * max) / (max - min));
  const digits = least <= Math.log10(2) ? [1, 2, 5] : [1];
  const step = decadeSteps.find((each) => each >= least) ?? (decadeSteps.at(-1) as number);
  const ticks: number[] = [];
  const last = Math.ceil(Math.log10(max));
  for (let power = Math.floor(Math.log10(min) / step) * step; power <= last; power += step)
    for (const digit of digits) {
      // Parsed from text, so that 5e-3 is 0.005 and not 0.005000000000000001.
      const tick = Number(`${digit}e${power}`);
      if (tick >= min && tick <= max) ticks.push(tick);
    }
  return ticks;
}
