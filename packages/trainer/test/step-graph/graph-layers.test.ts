import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Precision } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { hasBfloat16 } from '../../src/engines/precision.ts';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { elementCount } from '../../src/kernels/kernels.ts';
import { tensorflowKernels } from '../../src/kernels/tensorflow.ts';
import { type LayerSpec, parametersOf } from '../../src/network/architecture.ts';
import { buildLayer } from '../../src/network/layers.ts';
import { seededRandom } from '../../src/random.ts';
import { GraphBuilder, type GraphValue } from '../../src/step-graph/graph-builder.ts';
import { addLayer } from '../../src/step-graph/graph-layers.ts';
import { GraphSession } from '../../src/step-graph/graph-session.ts';
import { hasTensorflow } from '../support/engines.ts';
import { relativeDifference } from '../support/reference.ts';

const random = seededRandom(5);
/** Draws values that bfloat16 holds exactly, so that a difference comes from the layer alone. */
function draw(shape: readonly number[]): tf.Tensor {
  const values = Float32Array.from({ length: elementCount(shape) }, () => random() * 2 - 1);
  const bits = new Uint32Array(values.buffer);
  for (let at = 0; at < bits.length; at++) bits[at]! &= 0xffff0000;
  return tf.tensor(values, [...shape]);
}

/** Output of a layer, and gradients for its input and parameters, by name. */
type Results = Record<string, Float32Array>;

interface LayerCase {
  spec: LayerSpec;
  /** Shape of one input. */
  input: number[];
  isFused?: boolean;
  batchSize?: number;
}

interface LayerInputs {
  x: tf.Tensor;
  dy: tf.Tensor;
  parameters: tf.Tensor[];
}

function drawInputs({ spec, input, isFused = false, batchSize = 6 }: LayerCase): LayerInputs {
  const parameters = parametersOf(spec, input).map(({ shape }) => draw(shape));
  const drawn = draw([batchSize, ...input]);
  // The input of a fused relu has no negative values, because its convolution has already applied the relu.
  const x = isFused && spec.type === 'relu' ? tf.relu(drawn) : drawn;
  const { y } = layerOf({ spec, input, isFused }, parameters).forwardTraining(x, 1);
  return { x, dy: draw(y.shape), parameters };
}

function layerOf({ spec, isFused = false }: LayerCase, parameters: tf.Tensor[]) {
  const variables = parameters.map((value) => tf.variable(value));
  return buildLayer(spec, { kernels: tensorflowKernels, parameters: variables, isFirst: false, isFused });
}

function computeWithKernels(layer: LayerCase, { x, dy, parameters }: LayerInputs, seed: number): Results {
  const { y, backward } = layerOf(layer, parameters).forwardTraining(x, seed);
  const values = y.dataSync<'float32'>();
  const gradients = backward(dy);
  return {
    y: values,
    input: gradients.input!.dataSync<'float32'>(),
    ...Object.fromEntries(
      gradients.parameters.map((gradient, at) => [`parameter ${at}`, gradient.dataSync<'float32'>()]),
    ),
    ...(gradients.inputSums && { sums: gradients.inputSums.dataSync<'float32'>() }),
  };
}

function computeInGraph(
  { spec, input, isFused = false }: LayerCase,
  inputs: LayerInputs,
  { seed, precision, arithmetic }: { seed: number } & NumberFormat,
): Results {
  const graph = new GraphBuilder();
  const inputTensors = new Map<string, tf.Tensor>();
  const addInput = (name: string, value: tf.Tensor): GraphValue => {
    inputTensors.set(name, value);
    return graph.cast(graph.placeholder(name, 'float32', value.shape.with(0, -1)), precision);
  };
  const x = addInput('x', inputs.x);
  const parameters = inputs.parameters.map((value, at) => addInput(`w${at}`, value));
  inputTensors.set('seed', tf.tensor1d([seed, 0], 'int32'));
  const seedInput = graph.placeholder('seed', 'int32', [2]);
  const step = addLayer(graph, x, {
    spec,
    input,
    parameters,
    isFirst: false,
    isFused,
    seed: seedInput,
    arithmetic,
  });
  const gradients = step.backward(addInput('dy', inputs.dy));
  const outputs: Record<string, GraphValue> = {
    y: step.y,
    input: gradients.input!,
    ...Object.fromEntries(gradients.parameters.map((gradient, at) => [`parameter ${at}`, gradient])),
    ...(gradients.inputSums && { sums: gradients.inputSums }),
  };
  const names = Object.values(outputs).map((value, at) => {
    const name = `output${at}`;
    graph.add('Identity', [graph.cast(value, 'float32')], { T: { type: 'float32' } }, { name });
    return name;
  });
  const session = new GraphSession(graph.savedModel());

  const results = session.run(Object.fromEntries(inputTensors), names);
  session.dispose();
  return Object.fromEntries(
    Object.keys(outputs).map((name, at) => [name, results[at]!.dataSync<'float32'>()]),
  );
}

const image = [8, 8, 4];
const cases: [title: string, layer: LayerCase][] = [
  ['convolution', { spec: { name: 'layer', type: 'conv2d', filters: 5 }, input: image }],
  [
    'convolution with relu',
    { spec: { name: 'layer', type: 'conv2d', filters: 5 }, input: image, isFused: true },
  ],
  // The filter gradient adds 50,176 products: an addition in bfloat16 instead of float32 would exceed the bound.
  [
    'convolution of many images',
    { spec: { name: 'layer', type: 'conv2d', filters: 4 }, input: [28, 28, 2], batchSize: 64 },
  ],
  [
    'max-pool of many images',
    { spec: { name: 'layer', type: 'maxPool2d' }, input: [28, 28, 2], batchSize: 64 },
  ],
  ['max-pool', { spec: { name: 'layer', type: 'maxPool2d' }, input: image }],
  ['relu', { spec: { name: 'layer', type: 'relu' }, input: image }],
  ['relu of a convolution', { spec: { name: 'layer', type: 'relu' }, input: image, isFused: true }],
  ['dropout', { spec: { name: 'layer', type: 'dropout', rate: 0.25 }, input: image }],
  [
    'dropout of a size that is no multiple of four',
    { spec: { name: 'layer', type: 'dropout', rate: 0.5 }, input: [7] },
  ],
  ['flatten', { spec: { name: 'layer', type: 'flatten' }, input: image }],
  ['dense', { spec: { name: 'layer', type: 'dense', units: 9 }, input: [50] }],
];

/** Types of a graph's values and of the layers' arithmetic. */
interface NumberFormat {
  precision: Precision;
  arithmetic: Precision;
}

/**
 * The formats that this machine can test, with the largest relative difference. Each result is a sum of products of values that
 * both sides hold exactly, added in float32. In bfloat16 the sum is then rounded to 8 significant bits, which changes it by at
 * most 2^-8. The arithmetic bfloat16 is used, and adds in float32, only where the processor has instructions for bfloat16.
 */
const formats: [title: string, NumberFormat, bound: number][] = [
  ['float32', { precision: 'float32', arithmetic: 'float32' }, 1e-6],
  ['bfloat16, computed in float32', { precision: 'bfloat16', arithmetic: 'float32' }, 2 ** -8],
];
if (hasBfloat16()) formats.push(['bfloat16', { precision: 'bfloat16', arithmetic: 'bfloat16' }, 2 ** -8]);

(hasTensorflow ? describe : describe.skip).each(formats)(
  'a layer in a graph of %s',
  (_name, format, bound) => {
    beforeAll(startTensorflow);

    test.each(cases)('%s gives the output and the gradients of the kernels', (_title, layer) => {
      tf.tidy(() => {
        const inputs = drawInputs(layer);
        const expected = computeWithKernels(layer, inputs, 3);
        const actual = computeInGraph(layer, inputs, { seed: 3, ...format });
        expect(Object.keys(actual)).toEqual(Object.keys(expected));
        for (const [name, values] of Object.entries(expected))
          expect(relativeDifference(actual[name]!, values)).toBeLessThanOrEqual(bound);
      });
    });

    test('dropout keeps the expected fraction of values, scales them, and draws the same mask for the same seed', () => {
      tf.tidy(() => {
        const layer: LayerCase = { spec: { name: 'layer', type: 'dropout', rate: 0.25 }, input: [40, 40, 1] };
        const x = tf.ones([6, 40, 40, 1]);
        const mask = (seed: number) =>
          computeInGraph(layer, { x, dy: x, parameters: [] }, { seed, ...format }).y!;
        const values = mask(1);
        const kept = values.filter((value) => value > 0);
        expect(kept.length / values.length).toBeCloseTo(0.75, 1);
        expect(new Set(kept).size).toBe(1);
        expect(kept[0]! * 0.75).toBeCloseTo(1, 2);
        expect(mask(1)).toEqual(values);
        expect(mask(2)).not.toEqual(values);
      });
    });
  },
);
