import type { LayersData } from './event-data.ts';
import { Series } from './series.ts';

/** The columns of a parameter tensor: the norms of its weights and gradients, and of a step's update relative to the weights. */
const tensorColumns = ['updateRatio', 'gradientNorm', 'weightNorm'] as const;
/** The share of an activation's units that are 0 for every image of the probe set. */
const activationColumns = ['dead'] as const;

type TensorColumn = (typeof tensorColumns)[number];
export type TensorSeries = Series<TensorColumn>;
export type ActivationSeries = Series<(typeof activationColumns)[number]>;

/**
 * Measurements of the network's layers, each by step. An event appends to the series and replaces this object, so that results
 * memoized by the object are computed again exactly when there is a new measurement.
 */
export interface Layers {
  /** The parameter tensors by name. */
  readonly tensors: ReadonlyMap<string, TensorSeries>;
  /** The activations by name. */
  readonly activations: ReadonlyMap<string, ActivationSeries>;
  /** Histograms of the weights of each tensor by name, in ascending order of their steps. */
  readonly histograms: ReadonlyMap<string, readonly WeightHistogram[]>;
}

/** The distribution of the weights of a tensor at a step. */
export interface WeightHistogram {
  step: number;
  /** The edges of the bins, one more than there are counts. */
  edges: Float32Array;
  counts: Uint32Array;
}

/** Maximum number of tensors, and of activations, that are kept: those of a transformer of 40 blocks. */
const nameLimit = 500;
/** Points of a series at which the older ones are thinned: 64 kB for a tensor, and several for each pixel of its curve. */
const rowLimit = 2 ** 11;

/**
 * Maximum number of histograms of a tensor, and of all tensors together: 5 MB. Beyond it, every second one of a tensor is removed.
 */
const histogramLimits = { tensor: 128, run: 20_000 };

export const noLayers: Layers = { tensors: new Map(), activations: new Map(), histograms: new Map() };

/** Returns the measurements after an event. */
export function withLayersData(layers: Layers, data: LayersData): Layers {
  const { step, tensors: names, activations: activationNames, dead } = data;
  const tensors = withNames(layers.tensors, names, () => new Series(tensorColumns, rowLimit, 64));
  names.forEach((name, index) => {
    const measure = (column: TensorColumn) => data[column]?.[index] ?? undefined;
    tensors.get(name)?.append(step, {
      updateRatio: measure('updateRatio'),
      gradientNorm: measure('gradientNorm'),
      weightNorm: measure('weightNorm'),
    });
  });
  const histograms = withHistograms(layers.histograms, data);
  if (!activationNames || !dead) return { ...layers, tensors, histograms };
  const activations = withNames(
    layers.activations,
    activationNames,
    () => new Series(activationColumns, rowLimit, 64),
  );
  activationNames.forEach((name, index) => {
    activations.get(name)?.append(step, { dead: dead[index] ?? undefined });
  });
  return { tensors, activations, histograms };
}

function withHistograms(
  before: Layers['histograms'],
  { step, tensors, histograms }: LayersData,
): Layers['histograms'] {
  if (!histograms) return before;
  const limit = Math.min(histogramLimits.tensor, Math.floor(histogramLimits.run / tensors.length));
  const after = new Map(before);
  tensors.forEach((name, index) => {
    const sent = histograms[index];
    if (!sent || (!after.has(name) && after.size >= nameLimit)) return;
    // A run that resumes from a checkpoint repeats steps.
    const kept = (after.get(name) ?? []).filter((each) => each.step < step);
    const added = { step, edges: Float32Array.from(sent.edges), counts: Uint32Array.from(sent.counts) };
    after.set(name, [...(kept.length >= limit ? kept.filter((_, at) => at % 2 === 0) : kept), added]);
  });
  return after;
}

/** Returns a copy that later events do not change. */
export const copyLayers = ({ tensors, activations, histograms }: Layers): Layers => ({
  histograms,
  tensors: new Map([...tensors].map(([name, series]) => [name, series.copy()])),
  activations: new Map([...activations].map(([name, series]) => [name, series.copy()])),
});

/** Returns the map with an entry for each name, as far as `nameLimit` allows; the same map if no name is new. */
function withNames<S>(
  known: ReadonlyMap<string, S>,
  names: readonly string[],
  create: () => S,
): ReadonlyMap<string, S> {
  const added = names.filter((name) => !known.has(name)).slice(0, Math.max(0, nameLimit - known.size));
  return added.length === 0 ? known : new Map([...known, ...added.map((name) => [name, create()] as const)]);
}
