import { elementCount, filterSize, poolSize, type Shape } from '../kernels/kernels.ts';

/** Description of one layer. */
export type LayerSpec =
  | { name: string; type: 'conv2d'; filters: number }
  | { name: string; type: 'maxPool2d' }
  | { name: string; type: 'relu' }
  | { name: string; type: 'dropout'; rate: number }
  | { name: string; type: 'flatten' }
  | { name: string; type: 'dense'; units: number };

/** Description of one parameter tensor. */
export interface ParameterSpec {
  name: string;
  shape: number[];
  /** Number of inputs per output value, which determines the variance of the initial values. */
  fanIn: number;
  /** Whether the parameter belongs to the last layer, which no relu follows. */
  isOutput: boolean;
}

/** A layer as `run.started` reports it. */
export interface LayerSummary {
  name: string;
  type: string;
  outputShape: number[];
  parameters: number;
}

/** Shape of an input image: [height, width, channels]. */
export const imageShape: Shape = [28, 28, 1];

/**
 * The default network for ten classes: 4 convolutions, 2 max-pools, 2 dropouts, 2 dense layers, 467,818 parameters.
 * Each relu next to a max-pool comes after the max-pool: the output is the same in both orders, but the gradient of the relu
 * then has only a quarter of the values.
 */
export const architecture: readonly LayerSpec[] = [
  { name: 'conv1', type: 'conv2d', filters: 32 },
  { name: 'relu1', type: 'relu' },
  { name: 'conv2', type: 'conv2d', filters: 32 },
  { name: 'pool1', type: 'maxPool2d' },
  { name: 'relu2', type: 'relu' },
  { name: 'conv3', type: 'conv2d', filters: 64 },
  { name: 'relu3', type: 'relu' },
  { name: 'conv4', type: 'conv2d', filters: 64 },
  { name: 'pool2', type: 'maxPool2d' },
  { name: 'relu4', type: 'relu' },
  { name: 'dropout1', type: 'dropout', rate: 0.25 },
  { name: 'flatten', type: 'flatten' },
  { name: 'fc1', type: 'dense', units: 128 },
  { name: 'relu5', type: 'relu' },
  { name: 'dropout2', type: 'dropout', rate: 0.5 },
  { name: 'fc2', type: 'dense', units: 10 },
];

/**
 * The networks for ten classes, by name. `sprint` has 211,802 parameters and needs a sixteenth of the multiplications of
 * `original`: all its convolutions but the first compute on a quarter of the pixels or fewer.
 */
export const networks = {
  original: architecture,
  sprint: [
    { name: 'conv1', type: 'conv2d', filters: 12 },
    { name: 'pool1', type: 'maxPool2d' },
    { name: 'relu1', type: 'relu' },
    { name: 'conv2', type: 'conv2d', filters: 24 },
    { name: 'pool2', type: 'maxPool2d' },
    { name: 'relu2', type: 'relu' },
    { name: 'conv3', type: 'conv2d', filters: 32 },
    { name: 'relu3', type: 'relu' },
    { name: 'flatten', type: 'flatten' },
    { name: 'fc1', type: 'dense', units: 128 },
    { name: 'relu4', type: 'relu' },
    { name: 'fc2', type: 'dense', units: 10 },
  ],
} as const satisfies Record<string, readonly LayerSpec[]>;

/** Name of a network. */
export type NetworkName = keyof typeof networks;

/** Returns a network for a number of classes, which is the number of units of its last layer. */
export const architectureFor = (classCount: number, network: NetworkName = 'original'): LayerSpec[] =>
  networks[network].map((layer, at, { length }) =>
    at === length - 1 ? { name: layer.name, type: 'dense', units: classCount } : layer,
  );

/** Returns the output shape of a layer for an input shape. */
export function outputShape(layer: LayerSpec, input: Shape): number[] {
  switch (layer.type) {
    case 'conv2d':
      return [input[0], input[1], layer.filters];
    case 'maxPool2d':
      return [Math.floor(input[0] / poolSize), Math.floor(input[1] / poolSize), input[2]];
    case 'flatten':
      return [elementCount(input)];
    case 'dense':
      return [layer.units];
    default:
      return [...input];
  }
}

/** Returns the parameters of a layer for an input shape: a weight and a bias, or none. */
export function parametersOf(layer: LayerSpec, input: Shape, isOutput = false): ParameterSpec[] {
  if (layer.type === 'conv2d') {
    const fanIn = filterSize * filterSize * input[2];
    return weightAndBias(layer.name, [filterSize, filterSize, input[2], layer.filters], { fanIn, isOutput });
  }
  if (layer.type === 'dense')
    return weightAndBias(layer.name, [input[0], layer.units], { fanIn: input[0], isOutput });
  return [];
}

function weightAndBias(
  name: string,
  weight: number[],
  rest: Pick<ParameterSpec, 'fanIn' | 'isOutput'>,
): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: weight, ...rest },
    { name: `${name}.bias`, shape: [weight.at(-1) as number], ...rest },
  ];
}

/** Returns all layers in order, with their input shapes. */
export function layersWithInputs(layers = architecture): { layer: LayerSpec; input: Shape }[] {
  let input = imageShape;
  return layers.map((layer) => {
    const entry = { layer, input };
    input = outputShape(layer, input);
    return entry;
  });
}

/**
 * Returns whether the layer with index `at` is a convolution that also computes the next relu, or is such a relu. A max-pool
 * may be between the two.
 */
export function isFused(layers: readonly LayerSpec[], at: number): boolean {
  const neighbourBeyondPool = (step: 1 | -1) =>
    layers[at + step * (layers[at + step]?.type === 'maxPool2d' ? 2 : 1)];
  if (layers[at]?.type === 'conv2d') return neighbourBeyondPool(1)?.type === 'relu';
  return layers[at]?.type === 'relu' && neighbourBeyondPool(-1)?.type === 'conv2d';
}

/** Returns the parameters of a network, first layer first. */
export const parameterSpecs = (layers = architecture): ParameterSpec[] =>
  layersWithInputs(layers).flatMap(({ layer, input }, at) =>
    parametersOf(layer, input, at === layers.length - 1),
  );

/** Summarizes the layers for `run.started`. */
export function summarizeLayers(layers = architecture): LayerSummary[] {
  return layersWithInputs(layers).map(({ layer, input }) => ({
    name: layer.name,
    type: layer.type,
    outputShape: outputShape(layer, input),
    parameters: parametersOf(layer, input).reduce((sum, { shape }) => sum + elementCount(shape), 0),
  }));
}
