import type { Range } from '../../state/viewport.ts';
import type { Cell } from './join-columns.ts';

type ColumnsOfCells = readonly (readonly Cell[])[];

/** Number of decades above which a logarithmic axis leaves out the lowest values: one of 1e-12 alone would flatten all others. */
const maxDecades = 6;
/** Maximum share of the values that a logarithmic axis leaves out. */
const lowestShare = 0.02;

/**
 * Returns the range of a loss axis. A linear range is from 0 to just above the highest point or, with a point below 0, that of
 * `fitRange`. A logarithmic range has at least one decade, and is from just below the lowest to just above the highest point. If
 * these are more than six decades, it leaves out the lowest 2 % of the values, and never the highest ones: a loss that explodes is
 * what a viewer must see.
 */
export function lossRange(columns: ColumnsOfCells, logarithmic: boolean): Range {
  const { lowest, highest } = extremes(columns, logarithmic);
  if (!Number.isFinite(highest)) return logarithmic ? { min: 0.01, max: 3 } : { min: 0, max: 2.5 };
  if (!logarithmic) {
    if (lowest >= 0) return { min: 0, max: highest > 0 ? highest * 1.06 : 1 };
    return fitRange(columns);
  }
  const range = { min: Math.min(lowest / 1.25, highest / 10), max: highest * 1.25 };
  if (range.max / range.min <= 10 ** maxDecades) return range;
  // Parsed from text: 10 ** -5 is 0.000009999999999999999.
  const min = Math.min(highest / 10, Number(`1e${lowestDecade(columns)}`));
  return { ...range, min: Math.max(range.min, min) };
}

/** Returns the lowest and the highest value; infinite without any. */
function extremes(columns: ColumnsOfCells, onlyPositive: boolean): { lowest: number; highest: number } {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const values of columns)
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (value === null || value === undefined || (onlyPositive && value <= 0)) continue;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  return { lowest, highest };
}

/** Margin of a fitted axis above and below its values, as a share of their range. */
const fitMargin = 0.06;
/** If the lowest value is above 0, but below this share of the highest, the axis begins at 0. */
const zeroShare = 0.4;
/** Relative difference of values that are equal but for rounding, such as averages of a constant. */
const roundingError = 1e-13;

/**
 * Returns the range of an axis that fits its values: from 0 if the lowest value is 0 or, above 0, far below the highest; otherwise
 * just around the values.
 */
export function fitRange(columns: ColumnsOfCells): Range {
  const { lowest, highest } = extremes(columns, false);
  if (!Number.isFinite(highest)) return { min: 0, max: 1 };
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const isFlat = highest - lowest <= size * roundingError;
  const margin = (isFlat ? Math.abs(highest) || 1 : highest - lowest) * fitMargin;
  const fromZero = lowest === 0 || (lowest > 0 && lowest < highest * zeroShare);
  return { min: fromZero ? 0 : lowest - margin, max: highest + margin };
}

/**
 * Returns the highest decade below which are at most 2 % of the positive values; that below all values where the lowest decade has
 * more. A decade is given as the exponent of its lower end: 0 for 1 to 10, -2 for 0.01 to 0.1.
 */
function lowestDecade(columns: ColumnsOfCells): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const values of columns)
    for (const value of values) {
      if (!value || value < 0) continue;
      const decade = Math.floor(Math.log10(value));
      counts.set(decade, (counts.get(decade) ?? 0) + 1);
      total++;
    }
  const ascending = [...counts.keys()].sort((a, b) => a - b);
  let below = 0;
  const found = ascending.find((decade) => {
    below += counts.get(decade) as number;
    return below > total * lowestShare;
  }) as number;
  return found === ascending[0] ? found - 1 : found;
}
