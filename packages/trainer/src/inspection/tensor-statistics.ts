import { eventLimits } from '@mnist-monitor/shared';
import type { LayersData } from '../event-data.ts';
import type { TensorValues } from '../learner/learner.ts';

type Histogram = NonNullable<LayersData['histograms']>[number];

/** The parameters before and after a step, and the gradients of that step, in the same order. */
export interface ParameterUpdate {
  before: readonly TensorValues[];
  after: readonly TensorValues[];
  gradients: readonly Float32Array[];
}

/** Returns the norms of weights and gradients, and the size of the update relative to the weights, for each parameter. */
export function describeUpdate({
  before,
  after,
  gradients,
}: ParameterUpdate): Pick<LayersData, 'tensors' | 'weightNorm' | 'gradientNorm' | 'updateRatio'> {
  const weightNorm = before.map(({ values }) => norm(values));
  return {
    tensors: before.map(({ name }) => name),
    weightNorm,
    gradientNorm: gradients.map(norm),
    // A bias is 0 before its first update, and has no ratio.
    updateRatio: before.map(({ values }, at) =>
      weightNorm[at] === 0 ? null : distance(values, after[at].values) / weightNorm[at],
    ),
  };
}

/**
 * Returns the data with every measure rounded to six significant digits: a relative error of at most 5e-6, and half the bytes.
 */
export function roundMeasures(layers: LayersData): LayersData {
  const round = <T extends number | null>(value: T): T =>
    value === null ? value : (Number((value as number).toPrecision(6)) as T);
  const { weightNorm, gradientNorm, updateRatio, dead, histograms } = layers;
  return {
    ...layers,
    ...(weightNorm && { weightNorm: weightNorm.map(round) }),
    ...(gradientNorm && { gradientNorm: gradientNorm.map(round) }),
    ...(updateRatio && { updateRatio: updateRatio.map(round) }),
    ...(dead && { dead: dead.map(round) }),
    ...(histograms && {
      histograms: histograms.map(({ edges, counts }) => ({ edges: edges.map(round), counts })),
    }),
  };
}

/** Returns the Euclidean norm, added up in float64. */
export function norm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** Returns the Euclidean norm of the difference of two arrays of the same length. */
function distance(from: Float32Array, to: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < from.length; at++) sum += (to[at] - from[at]) ** 2;
  return Math.sqrt(sum);
}

/**
 * Returns a histogram of 32 bins of equal width between the smallest and the largest value; undefined where a value is not
 * finite. If all values are equal, the bins divide an interval of width 1 around them.
 */
export function histogram(values: Float32Array): Histogram | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) return undefined;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const bins = eventLimits.histogramBins;
  const width = (high - low) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
  return { edges: Array.from({ length: bins + 1 }, (_, edge) => low + edge * width), counts };
}

/**
 * For each relu, returns the share of its units whose largest output is 0, from 0 to 1.
 * @param maxima For each relu, the largest output of each unit over all images.
 */
export const deadShares = (maxima: readonly Float32Array[]): number[] =>
  maxima.map((units) => units.filter((largest) => largest === 0).length / units.length);
