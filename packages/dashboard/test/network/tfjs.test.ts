import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '@mnist-monitor/shared/random';
import * as tf from '@tensorflow/tfjs-core';
import { type LayerOutput, Network } from '../../src/network/network.ts';
import { readSafetensors } from '../../src/network/safetensors.ts';
import { type RoundedTensor, snapshotFile } from '../support/snapshot-file.ts';

/** The default network of the trainer. */
const layers = [
  ...['conv1:conv2d', 'relu1:relu', 'conv2:conv2d', 'pool1:maxPool2d', 'relu2:relu', 'conv3:conv2d'],
  ...['relu3:relu', 'conv4:conv2d', 'pool2:maxPool2d', 'relu4:relu', 'dropout1:dropout', 'flatten:flatten'],
  ...['fc1:dense', 'relu5:relu', 'dropout2:dropout', 'fc2:dense'],
].map((text) => {
  const [name = '', type = ''] = text.split(':');
  return { name, type };
});
const shapes: readonly (readonly [name: string, shape: readonly number[]])[] = [
  ['conv1', [3, 3, 1, 32]],
  ['conv2', [3, 3, 32, 32]],
  ['conv3', [3, 3, 32, 64]],
  ['conv4', [3, 3, 64, 64]],
  ['fc1', [7 * 7 * 64, 128]],
  ['fc2', [128, 10]],
];

const next = seededRandom(7);
const product = (shape: readonly number[]): number => shape.reduce((size, side) => size * side);
const rounded = (name: string, shape: readonly number[], deviation: number): RoundedTensor => ({
  ...{
    name,
    shape,
    values: Int8Array.from({ length: product(shape) }, () => Math.round(254 * next() - 127)),
  },
  // Uniform values up to 127 have the standard deviation 127 / √3.
  scales: Float32Array.from(
    { length: shape.at(-1) ?? 1 },
    () => (deviation * (0.8 + 0.4 * next())) / (127 / Math.sqrt(3)),
  ),
});
const tensors = shapes.flatMap(([name, shape]) => [
  rounded(`${name}.weight`, shape, Math.sqrt(2 / product(shape.slice(0, -1)))),
  rounded(`${name}.bias`, shape.slice(-1), 0.05),
]);

/** A black image with a few bright strokes. */
function strokes(): Float32Array {
  const image = new Float32Array(784);
  for (let stroke = 0; stroke < 4; stroke++) {
    let [x, y] = [4 + 20 * next(), 4 + 20 * next()];
    const angle = 2 * Math.PI * next();
    for (let point = 0; point < 14; point++) {
      const at = Math.round(y) * 28 + Math.round(x);
      if (x > 1 && x < 26 && y > 1 && y < 26) image[at] = image[at + 1] = 0.4 + 0.6 * next();
      x += Math.cos(angle);
      y += Math.sin(angle);
    }
  }
  return image;
}

/** Returns the outputs of the layers with weights for 100 images as tfjs computes them, by name. */
function tfjsOutputs(images: tf.Tensor4D): Map<string, tf.Tensor> {
  const weight = (name: string): tf.Tensor => {
    const { shape, values, scales } = tensors.find((tensor) => tensor.name === name) as RoundedTensor;
    return tf.mul(tf.tensor(Float32Array.from(values), [...shape]), tf.tensor1d(scales));
  };
  const outputs = new Map<string, tf.Tensor>();
  let x: tf.Tensor = images;
  for (const { name, type } of layers) {
    if (type === 'conv2d')
      x = tf.add(
        tf.conv2d(x as tf.Tensor4D, weight(`${name}.weight`) as tf.Tensor4D, 1, 'same'),
        weight(`${name}.bias`),
      );
    if (type === 'dense')
      x = tf.add(
        tf.matMul(x as tf.Tensor2D, weight(`${name}.weight`) as tf.Tensor2D),
        weight(`${name}.bias`),
      );
    if (type === 'maxPool2d') x = tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');
    if (type === 'relu') x = tf.relu(x);
    if (type === 'flatten') x = tf.reshape(x, [x.shape[0] ?? 0, -1]);
    if (type === 'conv2d' || type === 'dense') outputs.set(name, x);
  }
  return outputs;
}

/** Returns the largest difference of an output from the values of tfjs, [height, width, channels]. */
function largestDifference(
  { channels, height, width, values }: LayerOutput,
  expected: ArrayLike<number>,
): number {
  let largest = 0;
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < height * width; pixel++) {
      const difference =
        (values[channel * height * width + pixel] as number) -
        (expected[pixel * channels + channel] as number);
      largest = Math.max(largest, Math.abs(difference));
    }
  return largest;
}

describe('the outputs of all layers with the weights of a snapshot', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
  });

  it('differ from those of tfjs by at most 0.001 on 100 images', () => {
    const file = snapshotFile(tensors);
    const network = new Network(
      layers,
      readSafetensors(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer),
    );
    const images = Array.from({ length: 100 }, strokes);
    const outputs = images.map((image) => network.outputs(image));
    const largest = new Map<string, number>();
    tf.tidy(() => {
      const expected = tfjsOutputs(
        tf.tensor4d(Float32Array.from(images.flatMap((image) => [...image])), [100, 28, 28, 1]),
      );
      for (const [name, tensor] of expected) {
        const values = tensor.dataSync();
        const size = values.length / 100;
        outputs.forEach((ofImage, index) => {
          const output = ofImage.find((each) => each.name === name) as LayerOutput;
          expect(output.values).toHaveLength(size);
          const difference = largestDifference(output, values.subarray(index * size, (index + 1) * size));
          largest.set(name, Math.max(largest.get(name) ?? 0, difference));
        });
      }
    });
    expect([...largest.keys()]).toEqual(['conv1', 'conv2', 'conv3', 'conv4', 'fc1', 'fc2']);
    for (const difference of largest.values()) expect(difference).toBeLessThanOrEqual(1e-3);
  }, 60_000);
});
