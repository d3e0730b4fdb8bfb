import { formatPercent } from '../../state/format.ts';
import type { Layers, TensorSeries } from '../../state/layers.ts';
import type { Run } from '../../state/run.ts';
import { lowerBound } from '../../state/series.ts';

/** The range of update ratios of networks that learn well: each step changes the weights by 0.01 to 1 %. */
export const healthyRatios = { low: 1e-4, high: 1e-2 };
/** The range of update ratios that a curve shows. */
export const shownRatios = { low: 1e-6, high: 1 };

/** Update ratios below and above which a layer has a problem. Between them and the healthy range it learns slowly or fast. */
const problemRatios = { low: 1e-6, high: 0.1 };
/** Weights whose norm is more than this multiple of their first norm have grown in steps that were too large. */
const explodedGrowth = 20;
/** A layer of which at least this share of the units is 0 for every image has lost much of its capacity. */
const manyDeadUnits = 0.5;
/** With at least this share of dead units, a layer passes on too little to learn from. */
const mostDeadUnits = 0.9;
/** Number of the latest measurements whose median decides on the state of a layer. */
const recentCount = 5;
/** Maximum number of points of a curve: one for every two or three pixels. */
const pointLimit = 120;

/** The state of a layer: by how much a step changes its weights, or why it cannot learn. */
export type LayerState =
  | 'unknown'
  | 'noGradient'
  | 'frozen'
  | 'stopped'
  | 'slow'
  | 'healthy'
  | 'fast'
  | 'tooFast'
  | 'exploded'
  | 'diverged';

/** A layer of the network, as a row of the table. */
export interface LayerRow {
  name: string;
  state: LayerState;
  /** Median of the latest update ratios: a step's change of the weights, relative to the weights. Undefined without any. */
  updateRatio: number | undefined;
  /** The norms in the latest measurement up to the step; undefined without a value. */
  gradientNorm: number | undefined;
  weightNorm: number | undefined;
  /** Update ratios over the run: x from 0 to 1, y from 0 (`shownRatios.low`) to 1, logarithmic. */
  curve: readonly { x: number; y: number }[];
  /** The x, in the curve, of the latest measurement up to the step; undefined before the first one, and if no step is given. */
  cursor: number | undefined;
}

/** An activation with the share of its units that are 0 for every image, from 0 to 1; undefined while it is not known. */
export interface DeadUnits {
  activation: string;
  share: number | undefined;
}

/**
 * Returns the layers in the order of the network, as they were at a step, or as they are now if the step is null. The values of
 * a layer are those of its weight tensor or, without one, of its first tensor.
 */
export function layerRows({ tensors }: Pick<Layers, 'tensors'>, step: number | null): LayerRow[] {
  const layers = new Map<string, TensorSeries>();
  for (const [name, series] of tensors) {
    const [, layer = name, part] = /^(.+)\.([^.]+)$/.exec(name) ?? [];
    if (part === 'weight' || part === 'kernel' || !layers.has(layer)) layers.set(layer, series);
  }
  return [...layers].map(([name, series]) => layerRow(name, series, step));
}

/** Returns the dead units of each activation at a step, or now if the step is null. */
export const deadUnits = ({ activations }: Pick<Layers, 'activations'>, step: number | null): DeadUnits[] =>
  [...activations].map(([activation, series]) => ({
    activation,
    share: unlessNaN(series.at('dead', step ?? Number.POSITIVE_INFINITY)),
  }));

function layerRow(name: string, series: TensorSeries, step: number | null): LayerRow {
  const { columns, x, length } = series;
  const count = step === null ? length : lowerBound(x, length, step + 1);
  const ratios = columns.updateRatio.subarray(0, count);
  const updateRatio = median(ratios.slice(-recentCount));
  const [gradientNorm, weightNorm] = [columns.gradientNorm[count - 1], columns.weightNorm[count - 1]];
  return {
    name,
    state: (count > 0 ? damageOf(series, count - 1) : undefined) ?? stateOf(updateRatio),
    updateRatio,
    gradientNorm: count > 0 ? unlessNaN(gradientNorm) : undefined,
    weightNorm: count > 0 ? unlessNaN(weightNorm) : undefined,
    curve: curveOf(series),
    cursor: step === null || count === 0 ? undefined : (x[count - 1] as number) / (x[length - 1] as number),
  };
}

/** Returns `diverged`, `exploded` or `noGradient` if the norms of a layer in one measurement show that; undefined otherwise. */
function damageOf({ columns, known }: TensorSeries, row: number): LayerState | undefined {
  const weightNorm = columns.weightNorm[row] as number;
  if (known.has('weightNorm') && !Number.isFinite(weightNorm)) return 'diverged';
  const firstNorm = columns.weightNorm[0] as number;
  if (firstNorm > 0 && weightNorm > explodedGrowth * firstNorm) return 'exploded';
  return columns.gradientNorm[row] === 0 ? 'noGradient' : undefined;
}

function stateOf(ratio: number | undefined): LayerState {
  if (ratio === undefined) return 'unknown';
  if (ratio === 0) return 'frozen';
  if (ratio < problemRatios.low) return 'stopped';
  if (ratio < healthyRatios.low) return 'slow';
  if (ratio <= healthyRatios.high) return 'healthy';
  return ratio <= problemRatios.high ? 'fast' : 'tooFast';
}

/** The curve of each series with the state of the series that it shows: the curve is the same at every step of the timeline. */
const curves = new WeakMap<TensorSeries, { length: number; generation: number; curve: LayerRow['curve'] }>();

function curveOf(series: TensorSeries): LayerRow['curve'] {
  const { length, generation } = series;
  const known = curves.get(series);
  if (known?.length === length && known.generation === generation) return known.curve;
  const curve = computeCurve(series);
  curves.set(series, { length, generation, curve });
  return curve;
}

function computeCurve({ x, columns, length }: TensorSeries): LayerRow['curve'] {
  const last = x[length - 1] ?? 0;
  const stride = Math.max(1, Math.ceil(length / pointLimit));
  const points: { x: number; y: number }[] = [];
  for (let row = (length - 1) % stride; row < length; row += stride) {
    const ratio = columns.updateRatio[row] as number;
    if (Number.isFinite(ratio))
      points.push({ x: last === 0 ? 0 : (x[row] as number) / last, y: heightOf(ratio) });
  }
  return points;
}

/** Returns the height of an update ratio in a curve, from 0 to 1. */
export function heightOf(ratio: number): number {
  const { low, high } = shownRatios;
  const height = Math.log(ratio / low) / Math.log(high / low);
  return Math.min(1, Math.max(0, height));
}

/** Returns the median of the values that are not NaN; undefined without any. */
function median(values: Float64Array): number | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return sorted[sorted.length >> 1];
}

/** Returns the value; undefined for NaN. */
const unlessNaN = (value: number | undefined): number | undefined =>
  Number.isNaN(value) ? undefined : value;

/** A network that only guesses. */
export interface Guessing {
  /** Its mean accuracy in the latest batches. */
  accuracy: number;
  /** Number of classes. */
  classes: number;
}

/** Steps after which a network that learns is better than guessing. */
const guessingSteps = 100;
/** Number of the latest batches whose mean accuracy decides whether the network guesses. */
const guessingBatches = 20;
/** A network guesses while its accuracy is below this multiple of the accuracy of a random guess. */
const guessFactor = 1.5;

/**
 * Returns the accuracy of a network that only guesses at a step, or now if the step is null; undefined if the network does better,
 * has just begun to learn, or has classes that are not known.
 */
export function guessing(
  { steps, started }: Pick<Run, 'steps' | 'started'>,
  step: number | null,
): Guessing | undefined {
  const classes = started?.dataset?.classes?.length;
  const end = step === null ? steps.length : lowerBound(steps.x, steps.length, step + 1);
  if (!classes || end === 0 || (steps.x[end - 1] as number) < guessingSteps) return undefined;
  const recent = steps.columns.accuracy.subarray(Math.max(0, end - guessingBatches), end);
  const accuracy = recent.reduce((sum, value) => sum + value, 0) / recent.length;
  return accuracy < guessFactor / classes ? { accuracy, classes } : undefined;
}

/** `unknown`, and the states in which a layer learns. */
const learningStates: ReadonlySet<LayerState> = new Set(['unknown', 'slow', 'healthy', 'fast']);

/**
 * Returns sentences about the problems of the layers, or else about fast and slow ones; a single reassuring one if every layer is
 * healthy, and none before the first measurements.
 */
export function layerSentences(
  rows: readonly LayerRow[],
  units: readonly DeadUnits[],
  guess?: Guessing,
): string[] {
  const inState = (state: LayerState): string[] =>
    rows.filter((row) => row.state === state).map(({ name }) => name);
  const deadFrom = (least: number, below = Number.POSITIVE_INFINITY): string[] =>
    units.filter(({ share = 0 }) => share >= least && share < below).map(({ activation }) => activation);
  const found = [
    sentence(
      inState('diverged'),
      '{has|have} weights that are not finite: the run has diverged. A smaller learning rate helps.',
    ),
    sentence(
      inState('exploded'),
      `{has|have} weights over ${explodedGrowth} times as large as at first: the learning rate is too high.`,
    ),
    sentence(
      inState('tooFast'),
      '{changes|change} by more than 10 % in a step. The learning rate is probably too high.',
    ),
    sentence(deadFrom(1), '{has|have} lost all of {its|their} units: they are 0 for every image (dead).'),
    sentence(
      deadFrom(manyDeadUnits, 1),
      '{has|have} lost at least half of {its|their} units: they are 0 for every image (dead).',
    ),
    sentence(inState('noGradient'), '{receives|receive} no gradient, so {it|they} cannot learn.'),
    sentence(inState('frozen'), '{does|do} not change at all: {it is|they are} probably frozen.'),
    sentence(
      inState('stopped'),
      '{has|have} stopped learning: a step changes {it|them} by less than 0.0001 %.',
    ),
  ].filter(Boolean);
  const measured = rows.filter(({ state }) => state !== 'unknown');
  const isSlow = measured.length > 0 && measured.every(({ state }) => state === 'slow');
  if (found.length === 0 && isSlow)
    found.push(
      'A step changes every layer by less than 0.01 %: the learning rate is too low, or the run is nearly done.',
    );
  if (found.length === 0)
    found.push(
      ...[
        sentence(
          inState('fast'),
          '{changes|change} by more than 1 % in a step, which is above the healthy band.',
        ),
        sentence(
          inState('slow'),
          '{learns|learn} slowly: a step changes {it|them} by less than 0.01 %, which is below the healthy band.',
        ),
      ].filter(Boolean),
    );
  // Some dead units alone do not keep a network from learning.
  const explains =
    isSlow || rows.some(({ state }) => !learningStates.has(state)) || deadFrom(mostDeadUnits).length > 0;
  if (guess)
    found.push(
      `The network still guesses: ${formatPercent(guess.accuracy, 1)} right with ${guess.classes} classes. Its layers ${
        explains ? 'show why' : 'change, so the labels may not belong to the images'
      }.`,
    );
  if (found.length > 0) return found;
  return measured.length > 0 ? ['Every layer is learning.'] : [];
}

/**
 * Returns a sentence that begins with the names; empty without any.
 *
 * @param rest - Continues the sentence. Words for one name and for several are alternatives: "{has|have} stopped".
 */
function sentence(names: readonly string[], rest: string): string {
  if (names.length === 0) return '';
  const inflected = rest.replace(/\{(.+?)\|(.+?)\}/g, (_, one: string, many: string) =>
    names.length === 1 ? one : many,
  );
  return `${listOf(names)} ${inflected}`;
}

const listOf = (names: readonly string[]): string => {
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
};
