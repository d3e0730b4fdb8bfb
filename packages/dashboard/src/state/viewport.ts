/** Both ends of an axis, or of a part of one. */
export interface Range {
  min: number;
  max: number;
}

/**
 * The part of the x axis that the charts show. `all`: the whole run. `fixed`: a range that the viewer has chosen and
 * that new data never moves. `follow`: the latest `width`, which moves along with new data.
 */
export type Viewport =
  | { kind: 'all' }
  | { kind: 'fixed'; min: number; max: number }
  | { kind: 'follow'; width: number };

/** The whole x axis of the runs that are shown. */
export interface Extent {
  all: Range;
  /** x of the latest row of the main run. */
  edge: number;
}

/** The limits of zooming and panning, and whether distances on the axis are logarithmic. */
export interface AxisBounds {
  all: Range;
  log: boolean;
}

/** Free space right of the latest point while following, as a share of the width. */
const followMargin = 0.03;
/** Maximum magnification: a higher one would show fewer than two batches of a long run. */
const maxMagnification = 20_000;
/** Minimum width of a selection, as a share of the whole width: a narrower one is a click. */
const minSelection = 0.01;

/** Returns the range that a viewport shows now. */
export function visibleRange(viewport: Viewport, { all, edge }: Extent): Range {
  if (viewport.kind === 'all') return all;
  // A logarithmic axis cannot reach 0, where a range chosen on a linear one may begin.
  if (viewport.kind === 'fixed') {
    const min = Math.max(viewport.min, all.min);
    return min < viewport.max ? { min, max: viewport.max } : all;
  }
  const max = edge + viewport.width * followMargin;
  return { min: Math.max(all.min, max - viewport.width), max };
}

/** Converts values to distances along an axis, and back. */
interface Scale {
  toDistance(value: number): number;
  toValue(distance: number): number;
}

const linear: Scale = { toDistance: (value) => value, toValue: (distance) => distance };
const logarithmic: Scale = {
  toDistance: (value) => Math.log10(Math.max(value, 1e-9)),
  toValue: (distance) => 10 ** distance,
};

/** A zoom around a point, followed by a pan. */
export interface ZoomPan {
  /** New width as a multiple of the old: below 1 zooms in. */
  factor?: number;
  /** The point that stays in place, from 0 (left end) to 1. */
  around?: number;
  /** Distance to pan as a share of the new width; positive is towards later. */
  shift?: number;
}

/** Zooms and pans a range, within the bounds of its axis. */
export function zoomAndPan(
  range: Range,
  { factor = 1, around = 0.5, shift = 0 }: ZoomPan,
  bounds: AxisBounds,
): Viewport {
  const { toDistance, toValue } = bounds.log ? logarithmic : linear;
  const [left, right] = [toDistance(range.min), toDistance(range.max)];
  const [first, last] = [toDistance(bounds.all.min), toDistance(bounds.all.max)];
  const whole = last - first;
  const width = Math.max((right - left) * factor, whole / maxMagnification);
  if (width >= whole) return { kind: 'all' };
  const target = left + (right - left) * around - width * around + shift * width;
  const start = Math.min(Math.max(target, first), last - width);
  return { kind: 'fixed', min: toValue(start), max: toValue(start + width) };
}

/**
 * Zooms to the part of a range between two points, in any order, each a share of the range's width.
 * @returns undefined when the selection is too narrow to be intended.
 */
export function zoomToSelection(
  range: Range,
  [a, b]: readonly [number, number],
  bounds: AxisBounds,
): Viewport | undefined {
  const from = Math.max(0, Math.min(a, b));
  const to = Math.min(1, Math.max(a, b));
  const factor = to - from;
  if (factor < minSelection) return undefined;
  // The point that stays in place is at the same share of the range and of the selection: around = from + around * factor.
  return zoomAndPan(range, { factor, around: factor === 1 ? 0.5 : from / (1 - factor) }, bounds);
}
