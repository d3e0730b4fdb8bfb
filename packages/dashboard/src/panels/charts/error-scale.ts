import type { Run } from '../../state/run.ts';
import type { Range } from '../../state/viewport.ts';

/**
 * An axis of accuracies on which 90, 99 and 99.9 % are about equally far apart: linear up to 50 %, and above that the logarithm to
 * base ten of the right predictions for each wrong one. Both parts have the same slope where they meet. An
 * accuracy of 1 would be infinitely far away, so the axis ends at `end`, and draws everything above it there.
 */
export interface ErrorScale {
  /** The accuracy at the end of the axis, below 1. */
  end: number;
}

/** Number of test images that is assumed while it is not known: that of MNIST. */
const usualTestSize = 10_000;
/** With fewer test images than this, the axis would have no room for accuracies below its end. */
const minTestSize = 20;

/**
 * Returns the scale that ends half a test image's share before 100 %: a result on the test images that is nearer to 100 % is 100 %.
 * Among several runs, the one with the most test images decides.
 */
export function errorScaleOf(runs: readonly { run: Pick<Run, 'started'> }[]): ErrorScale {
  const testSizes = runs.map(({ run }) => run.started?.config.testSize ?? 0);
  const testSize = Math.max(0, ...testSizes) || usualTestSize;
  return { end: 1 - 0.5 / Math.max(minTestSize, testSize) };
}

/** The slope of the logarithmic part at 50 %, where its curvature is 0. */
const lowSlope = 4 / Math.LN10;

const logOdds = (accuracy: number): number => Math.log10(accuracy / (1 - accuracy));

/** Returns the position of an accuracy on the axis. Above 1, positions continue: the axis has a margin there. */
export function errorPosition({ end }: ErrorScale, accuracy: number): number {
  if (accuracy <= 0.5) return (accuracy - 0.5) * lowSlope;
  return logOdds(Math.min(accuracy, end)) + Math.max(0, accuracy - 1);
}

/** Returns the accuracy at a position on the axis: the inverse of `errorPosition`, with 1 at the end of the axis. */
export function accuracyAt({ end }: ErrorScale, position: number): number {
  if (position <= 0) return 0.5 + position / lowSlope;
  const beyond = position - logOdds(end);
  return beyond >= 0 ? 1 + beyond : 1 / (1 + 10 ** -position);
}

/** Margins below and above the values, as a share of the axis, so that a line along the lowest or highest one is visible in full. */
const margin = 0.025;

/** The accuracies at which an axis can start, besides 0. */
const starts = [0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5];

/** Returns the range of an axis that contains all of the accuracies: from a round one below the lowest, up to 100 %. */
export function errorRange(scale: ErrorScale, accuracies: readonly number[]): Range {
  const lowest = accuracies.reduce((least, value) => Math.min(least, value), 1);
  const position = (accuracy: number): number => errorPosition(scale, accuracy);
  const isBelow = (start: number): boolean =>
    position(lowest) - position(start) >= margin * (position(1) - position(start));
  // Without any accuracy, the whole axis is shown.
  const start = accuracies.length === 0 ? undefined : starts.find(isBelow);
  const room = (position(1) - position(start ?? 0)) * margin;
  return {
    min: start ?? accuracyAt(scale, position(Math.min(0, lowest)) - room),
    max: accuracyAt(scale, position(1) + room),
  };
}

/**
 * Returns the ticks of an axis, ascending: of 100 %, 90, 99, 99.9 % and so on, 50 %, 0, and then of finer ones, those that fit.
 * @param minDistance Least distance of two ticks, as a share of the axis.
 */
export function errorTicks(scale: ErrorScale, { min, max }: Range, minDistance: number): number[] {
  const position = (accuracy: number): number => errorPosition(scale, accuracy);
  const distance = minDistance * (position(max) - position(min));
  const ticks: number[] = [];
  for (const tick of candidates) {
    const isFree = ticks.every((other) => Math.abs(position(other) - position(tick)) >= distance);
    if (tick >= min && tick <= max && isFree) ticks.push(tick);
  }
  return ticks.sort((a, b) => a - b);
}

const decades = [1, 2, 3, 4, 5, 6, 7];
/** Returns one accuracy for each decade: 0.9, 0.99, 0.999 and so on for 1. Rounded, so that 1 − 0.0002 is 0.9998. */
const withErrors = (digit: number): number[] =>
  decades.map((decade) => Number((1 - digit / 10 ** decade).toFixed(decade)));
/** The ticks of every axis, the most important ones first. */
const candidates: readonly number[] = [
  ...[1, ...withErrors(1), 0.5, 0],
  ...[5, 2].flatMap(withErrors),
  ...[0.25, 0.1, 0.2, 0.3, 0.4],
  ...[3, 7, 4, 6, 8].flatMap(withErrors),
];
