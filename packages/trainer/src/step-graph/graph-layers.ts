import type { Precision } from '@mnist-monitor/shared';
import { elementCount, poolSize } from '../kernels/kernels.ts';
import type { LayerSpec } from '../network/architecture.ts';
import { type GraphAttribute, type GraphBuilder, type GraphValue, outputOf } from './graph-builder.ts';

/** Gradients of the loss with respect to a layer's input and parameters. */
export interface GraphGradients {
  /** Undefined for the first layer. */
  input: GraphValue | undefined;
  parameters: GraphValue[];
  /** Sums of `input` over all axes but the last, if this layer can compute them faster than the previous one. */
  inputSums?: GraphValue;
}

/** Output of a layer in a graph, and the layer's backward pass. */
export interface GraphLayerOutput {
  y: GraphValue;
  /** @param sums The `inputSums` of the layer whose input is `y`. */
  backward(dy: GraphValue, sums?: GraphValue): GraphGradients;
}

/** A layer to add to a graph, with its parameters and its position in the network. */
export interface GraphLayer {
  spec: LayerSpec;
  /** Shape of one input, without the batch. */
  input: readonly number[];
  /** Weight and bias, of the same type as the layer's input, or none. */
  parameters: readonly GraphValue[];
  /** Whether this is the first layer, whose input needs no gradient. */
  isFirst: boolean;
  /** Whether this is a convolution that also computes the next relu, or such a relu: see `isFused` in `architecture.ts`. */
  isFused: boolean;
  /** Seed of the dropout mask, int32 [2]; undefined switches dropout off. */
  seed: GraphValue | undefined;
  /** Type in which the layer computes. If this is not the type of the layer's input, the results are rounded to that type. */
  arithmetic: Precision;
}

const typeOf = ({ type }: GraphValue): Record<'T', GraphAttribute> => ({ T: { type } });
const layout = { data_format: { text: 'NHWC' } } as const;
const window: GraphAttribute = { ints: [1, poolSize, poolSize, 1] };
const pooling = { ksize: window, strides: window, padding: { text: 'VALID' }, ...layout } as const;
const convolution = { strides: { ints: [1, 1, 1, 1] }, padding: { text: 'SAME' }, ...layout } as const;

/**
 * Adds a layer whose output and gradients have the type of `x`. It uses TensorFlow's standard operations: before the first run,
 * TensorFlow fuses them and, where it has oneDNN, replaces them with oneDNN's.
 */
export function addLayer(graph: GraphBuilder, x: GraphValue, layer: GraphLayer): GraphLayerOutput {
  const { arithmetic, parameters } = layer;
  if (arithmetic === x.type) return addInTypeOf(graph, x, layer);
  const compute = (value: GraphValue): GraphValue => graph.cast(value, arithmetic);
  const round = (value: GraphValue): GraphValue => graph.cast(value, x.type);
  const output = addInTypeOf(graph, compute(x), { ...layer, parameters: parameters.map(compute) });
  return {
    y: round(output.y),
    backward(dy, sums) {
      const gradients = output.backward(compute(dy), sums && compute(sums));
      return {
        input: gradients.input && round(gradients.input),
        parameters: gradients.parameters.map(round),
        ...(gradients.inputSums && { inputSums: round(gradients.inputSums) }),
      };
    },
  };
}

/** Adds a layer that computes in the type of `x`. */
function addInTypeOf(graph: GraphBuilder, x: GraphValue, layer: GraphLayer): GraphLayerOutput {
  switch (layer.spec.type) {
    case 'conv2d':
      return conv2d(graph, x, layer.spec.filters, layer);
    case 'maxPool2d':
      return maxPool2d(graph, x, layer.input);
    case 'relu':
      return relu(graph, x, layer.isFused);
    case 'dropout':
      return dropout(graph, x, layer.spec.rate, layer);
    case 'flatten':
      return flatten(graph, x, layer.input);
    case 'dense':
      return dense(graph, x, layer.spec.units, layer.parameters);
  }
}

function conv2d(
  graph: GraphBuilder,
  x: GraphValue,
  filters: number,
  { parameters, isFirst, isFused }: GraphLayer,
): GraphLayerOutput {
  const [filter, bias] = parameters as [GraphValue, GraphValue];
  const attributes = { ...typeOf(x), ...convolution };
  const linear = biasAdd(graph, graph.add('Conv2D', [x, filter], attributes), bias);
  return {
    y: isFused ? graph.add('Relu', [linear], typeOf(linear)) : linear,
    backward(dy, sums = biasGradient(graph, dy, filters)) {
      const filterOperands = [x, shapeOf(graph, filter), dy];
      const inputOperands = [shapeOf(graph, x), filter, dy];
      const add = (name: string, inputs: GraphValue[]) =>
        graph.add(name, inputs, attributes, { type: x.type });
      return {
        input: isFirst ? undefined : add('Conv2DBackpropInput', inputOperands),
        parameters: [add('Conv2DBackpropFilter', filterOperands), sums],
      };
    },
  };
}

function dense(
  graph: GraphBuilder,
  x: GraphValue,
  units: number,
  parameters: readonly GraphValue[],
): GraphLayerOutput {
  const [weight, bias] = parameters as [GraphValue, GraphValue];
  const multiply = (left: GraphValue, right: GraphValue, transposed: 'a' | 'b' | 'none'): GraphValue =>
    graph.add('MatMul', [left, right], {
      ...typeOf(left),
      transpose_a: { bool: transposed === 'a' },
      transpose_b: { bool: transposed === 'b' },
    });
  return {
    y: biasAdd(graph, multiply(x, weight, 'none'), bias),
    backward: (dy) => ({
      input: multiply(dy, weight, 'b'),
      parameters: [multiply(x, dy, 'a'), biasGradient(graph, dy, units)],
    }),
  };
}

/**
 * Adds a max-pool. It computes `inputSums` from `dy`: the input gradient contains the values of `dy` and otherwise zeros, so
 * the sums are equal, and `dy` has a quarter of the size.
 */
function maxPool2d(graph: GraphBuilder, x: GraphValue, input: readonly number[]): GraphLayerOutput {
  const attributes = { ...typeOf(x), ...pooling };
  const y = graph.add('MaxPool', [x], attributes);
  return {
    y,
    backward: (dy) => ({
      input: graph.add('MaxPoolGrad', [x, y, dy], attributes),
      parameters: [],
      inputSums: biasGradient(graph, dy, input.at(-1) as number),
    }),
  };
}

/**
 * Adds a relu. When the convolution before computes the relu, this layer still computes its gradient: after a max-pool, this
 * gradient has a quarter of the values.
 */
function relu(graph: GraphBuilder, x: GraphValue, isFused: boolean): GraphLayerOutput {
  const y = isFused ? x : graph.add('Relu', [x], typeOf(x));
  return {
    y,
    backward: (dy) => ({ input: graph.add('ReluGrad', [dy, y], typeOf(y)), parameters: [] }),
  };
}

/** Adds inverted dropout with the same masks as the kernels in `../kernels/tensorflow.ts`. */
function dropout(
  graph: GraphBuilder,
  x: GraphValue,
  rate: number,
  { input, seed }: GraphLayer,
): GraphLayerOutput {
  if (!seed) return { y: x, backward: (dy) => ({ input: dy, parameters: [] }) };
  const mask = dropoutMask(graph, x, { rate, seed, fillsWords: elementCount(input) % 4 === 0 });
  const multiply = (value: GraphValue): GraphValue => graph.add('Mul', [value, mask], typeOf(value));
  return { y: multiply(x), backward: (dy) => ({ input: multiply(dy), parameters: [] }) };
}

interface MaskOptions {
  rate: number;
  seed: GraphValue;
  /** Whether the number of values per image is a multiple of four, so that no byte of a random int32 is left over. */
  fillsWords: boolean;
}

/** Adds a dropout mask. Each random int32 gives four values, one per byte, which rounds the rate to a multiple of 1/256. */
function dropoutMask(
  graph: GraphBuilder,
  x: GraphValue,
  { rate, seed, fillsWords }: MaskOptions,
): GraphValue {
  const int = { type: 'int32' } as const;
  const dropped = Math.round(rate * 256);
  const shape = shapeOf(graph, x);
  const count = graph.add('Prod', [shape, graph.constant([0], 'int32')], {
    T: int,
    Tidx: int,
    keep_dims: { bool: true },
  });
  const rounded = graph.add('AddV2', [count, graph.constant(3, 'int32')], { T: int });
  const wordCount = graph.add('FloorDiv', [rounded, graph.constant(4, 'int32')], { T: int });
  const words = graph.add('StatelessRandomUniformFullInt', [wordCount, seed], {
    dtype: int,
    T: int,
    Tseed: int,
  });
  const bytes = graph.add('Bitcast', [words], { T: int, type: { type: 'uint8' } }, { type: 'uint8' });
  const limit = graph.cast(graph.constant(dropped, 'int32'), 'uint8');
  const isKept = graph.add('GreaterEqual', [bytes, limit], { T: { type: 'uint8' } }, { type: 'bool' });
  const factor = graph.cast(graph.constant(256 / (256 - dropped)), x.type);
  const mask = graph.add('Mul', [graph.cast(isKept, x.type), factor], typeOf(x));
  const flat = reshape(graph, mask, [-1]);
  const begin = graph.constant([0], 'int32');
  const values = fillsWords ? flat : graph.add('Slice', [flat, begin, count], { ...typeOf(x), Index: int });
  return graph.add('Reshape', [values, shape], { ...typeOf(x), Tshape: int });
}

const flatten = (graph: GraphBuilder, x: GraphValue, input: readonly number[]): GraphLayerOutput => ({
  y: reshape(graph, x, [-1, elementCount(input)]),
  backward: (dy) => ({ input: reshape(graph, dy, [-1, ...input]), parameters: [] }),
});

const biasAdd = (graph: GraphBuilder, x: GraphValue, bias: GraphValue): GraphValue =>
  graph.add('BiasAdd', [x, bias], { ...typeOf(x), ...layout });

/**
 * Adds the sum of `dy` over all axes but the last. The reshape to rows prevents TensorFlow from fusing the sum with the filter
 * gradient of the convolution: the fused operation is slower than the two (27 ms instead of 7 ms for the first convolution in
 * float32). In bfloat16 the sum is computed with `Sum`, which rounds once: `BiasAddGrad` rounds after each addition, and loses
 * more than half of a sum of 100,000 values.
 */
function biasGradient(graph: GraphBuilder, dy: GraphValue, channels: number): GraphValue {
  const rows = reshape(graph, dy, [-1, channels]);
  if (dy.type === 'float32') return graph.add('BiasAddGrad', [rows], { ...typeOf(dy), ...layout });
  return sum(graph, rows);
}

/** Adds the sum over the first axis. */
const sum = (graph: GraphBuilder, values: GraphValue): GraphValue =>
  graph.add('Sum', [values, graph.constant([0], 'int32')], {
    ...typeOf(values),
    Tidx: { type: 'int32' },
    keep_dims: { bool: false },
  });

const reshape = (graph: GraphBuilder, value: GraphValue, shape: readonly number[]): GraphValue =>
  graph.add('Reshape', [value, graph.constant(shape, 'int32')], {
    ...typeOf(value),
    Tshape: { type: 'int32' },
  });

const shapeOf = (graph: GraphBuilder, x: GraphValue): GraphValue =>
  graph.add('Shape', [x], { ...typeOf(x), out_type: { type: 'int32' } }, { type: 'int32' });

/** Adds the cross-entropy of each row in nats, and its gradient with respect to the logits. */
export function addLoss(
  graph: GraphBuilder,
  logits: GraphValue,
  oneHot: GraphValue,
): { losses: GraphValue; gradient: GraphValue } {
  const losses = graph.add('SoftmaxCrossEntropyWithLogits', [logits, oneHot], typeOf(logits));
  return { losses, gradient: outputOf(losses, 1) };
}
