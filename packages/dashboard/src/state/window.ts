/** Ends of an axis. */
export interface Range {
  min: number;
  max: number;
}

/**
 * Which part of the x axis the charts show. `all`: the whole run; `fixed`: what the viewer has chosen, which new data
 * never moves; `follow`: the latest stretch of a width, which moves along.
 */
export type Window =
  | { kind: 'all' }
  | { kind: 'fixed'; min: number; max: number }
  | { kind: 'follow'; width: number };

/** What there is to be looked at: the whole axis, and where the data end. */
export interface Extent {
  all: Range;
  /** x of the latest row. */
  edge: number;
}

/** Room to the right of the live edge, as a share of the width. */
const air = 0.03;
/** How many times the axis can be magnified: beyond, two batches do not fit. */
const deepest = 20_000;

export function rangeOf(window: Window, { all, edge }: Extent): Range {
  if (window.kind === 'all') return all;
  // A logarithmic axis cannot go on down to 0.
  if (window.kind === 'fixed') {
    const min = Math.max(window.min, all.min);
    return min < window.max ? { min, max: window.max } : all;
  }
  const max = edge + window.width * air;
  return { min: Math.max(all.min, max - window.width), max };
}

/** How far along a linear or a logarithmic axis a value is, and back. */
interface Scale {
  at(value: number): number;
  value(at: number): number;
}

const linear: Scale = { at: (value) => value, value: (at) => at };
const logarithmic: Scale = { at: (value) => Math.log10(Math.max(value, 1e-9)), value: (at) => 10 ** at };
const scaleOf = (log: boolean): Scale => (log ? logarithmic : linear);

/** A change of what is shown: by a factor (below 1 is closer) around a place, then by a shift; both as shares of the width. */
export interface Move {
  factor?: number;
  /** From 0, the left end, to 1: what stays where it is. */
  around?: number;
  /** Positive: towards later. */
  shift?: number;
}

/** The range after a move, kept within the whole. */
export function moved(
  range: Range,
  { factor = 1, around = 0.5, shift = 0 }: Move,
  options: { all: Range; log: boolean },
): Window {
  const scale = scaleOf(options.log);
  const [left, right] = [scale.at(range.min), scale.at(range.max)];
  const [first, last] = [scale.at(options.all.min), scale.at(options.all.max)];
  const whole = last - first;
  const width = Math.max((right - left) * factor, whole / deepest);
  if (width >= whole) return { kind: 'all' };
  const wanted = left + (right - left) * around - width * around + shift * width;
  const start = Math.min(Math.max(wanted, first), last - width);
  return { kind: 'fixed', min: scale.value(start), max: scale.value(start + width) };
}

/** The stretch between two places, each a share of the width of what is shown; undefined when it is too narrow to be meant. */
export function between(
  range: Range,
  [a, b]: readonly [number, number],
  options: { all: Range; log: boolean },
): Window | undefined {
  const from = Math.max(0, Math.min(a, b));
  const to = Math.min(1, Math.max(a, b));
  if (to - from < 0.01) return undefined;
  const factor = to - from;
  return moved(range, { factor, around: factor === 1 ? 0.5 : from / (1 - factor) }, options);
}
