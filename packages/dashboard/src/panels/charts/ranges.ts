import type { Range } from '../../state/window.ts';

/**
 * How far the x axis reaches: all of the run's steps once half of them are done, before that the nearest half,
 * quarter, eighth …, so that the curve fills its chart from the start and the axis rarely moves.
 */
export function stepRange(step: number, totalSteps: number): Range {
  let max = Math.max(totalSteps, step, 1);
  while (max / 2 >= Math.max(step, 20)) max /= 2;
  return { min: 0, max: Math.ceil(max) };
}

const niceSeconds = [
  10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
];

/** A round number of seconds that is not below `seconds`, so that an axis that grows with time rarely moves. */
export function niceDuration(seconds: number): number {
  return niceSeconds.find((nice) => nice >= seconds) ?? Math.ceil(seconds / 86_400) * 86_400;
}

/**
 * The axis of a loss that is shown as it is: from 0 to just above the highest point; of a loss shown as its
 * logarithm: from just below the lowest to just above the highest.
 */
export function lossRange(
  columns: readonly (readonly (number | null | undefined)[])[],
  logarithmic: boolean,
): Range {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const values of columns)
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (value === null || value === undefined || (logarithmic && value <= 0)) continue;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  if (!Number.isFinite(highest)) return logarithmic ? { min: 0.01, max: 3 } : { min: 0, max: 2.5 };
  if (!logarithmic) return { min: Math.min(0, lowest), max: highest > 0 ? highest * 1.06 : 1 };
  // At least a decade, and no more than so many: a loss of 1e-12, or of 1e15, must not flatten the rest.
  const range = { min: Math.min(lowest / 1.25, highest / 10), max: highest * 1.25 };
  if (range.max / range.min <= 10 ** decadesShown) return range;
  const top = busiestDecade(columns) + 1;
  // Through text: 10 ** -5 is 0.000009999999999999999.
  const [min, max] = [Number(`1e${top - decadesShown}`), Number(`1e${top}`)];
  return { min: Math.max(range.min, min), max: Math.min(range.max, max) };
}

const decadesShown = 6;

/** The decade (0 from 1 to 10) that ends those in which the most values lie; of several the highest. */
function busiestDecade(columns: readonly (readonly (number | null | undefined)[])[]): number {
  const counts = new Map<number, number>();
  for (const values of columns)
    for (const value of values) {
      if (!value || value < 0) continue;
      const decade = Math.floor(Math.log10(value));
      counts.set(decade, (counts.get(decade) ?? 0) + 1);
    }
  const countTo = (top: number): number => {
    const decades = Array.from({ length: decadesShown }, (_, below) => top - below);
    return decades.reduce((sum, decade) => sum + (counts.get(decade) ?? 0), 0);
  };
  const highestFirst = [...counts.keys()].sort((a, b) => b - a);
  return highestFirst.reduce((best, top) => (countTo(top) > countTo(best) ? top : best));
}

const floors = [0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5];

/**
 * Where an accuracy axis that ends at 100 % begins, so that high accuracies can be told apart: the highest round
 * value with all of them clearly above it, 0 when there are none yet.
 */
export function accuracyFloor(accuracies: readonly number[]): number {
  if (accuracies.length === 0) return 0;
  const lowest = Math.min(...accuracies.map((value) => (Number.isFinite(value) ? value : 0)));
  return floors.find((floor) => lowest - floor >= 0.15 * (1 - floor)) ?? 0;
}

/** Marks of a logarithmic axis: 1, 2, 5 of each decade, or the decades alone when there are many. */
export function logSplits({ min, max }: Range): number[] {
  const first = Math.floor(Math.log10(min));
  const last = Math.ceil(Math.log10(max));
  const decades = Math.log10(max / min);
  // Close up there may be no such mark in sight: every digit, then.
  const leading = decades > 4 ? [1] : decades < 0.7 ? [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 5];
  const splits: number[] = [];
  for (let power = first; power <= last; power++)
    for (const digit of leading) {
      // Through text, so that 5e-3 is 0.005 and not 0.005000000000000001.
      const split = Number(`${digit}e${power}`);
      if (split >= min && split <= max) splits.push(split);
    }
  return splits;
}
