import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { type Batch, orderedBatches } from '../../src/dataset/batches.ts';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { toLayersModel } from '../../src/export/layers-model.ts';
import { imageTensor, LocalLearner, labelTensor } from '../../src/learner/local-learner.ts';
import { architectureFor, type LayerSpec } from '../../src/network/architecture.ts';
import { Network } from '../../src/network/network.ts';
import { engines } from '../support/engines.ts';

/** A network small enough for numeric derivatives, with each type of layer except dropout, which is random. */
const smallNetwork: LayerSpec[] = [
  { name: 'conv1', type: 'conv2d', filters: 2 },
  { name: 'relu1', type: 'relu' },
  { name: 'conv2', type: 'conv2d', filters: 3 },
  { name: 'pool1', type: 'maxPool2d' },
  { name: 'relu2', type: 'relu' },
  { name: 'flatten', type: 'flatten' },
  { name: 'fc1', type: 'dense', units: 10 },
];

describe.each(engines)('the network on the engine %s', (_name, start) => {
  let engine: Engine;
  let dataset: Dataset;
  let network: Network;
  beforeAll(async () => {
    engine = await start();
    dataset = await loadDataset(undefined);
  });
  afterEach(() => network.dispose());

  const firstBatch = (size: number) => orderedBatches(dataset.train, size).next().value as Batch;

  test('its gradients agree with numeric derivatives', async () => {
    network = new Network({ kernels: engine.kernels, seed: 3, layers: smallNetwork });
    // Biases and the background of images are zero, where relu has no derivative, so the biases are changed.
    for (const bias of network.parameters.filter(({ rank }) => rank === 1))
      tf.tidy(() => bias.assign(tf.fill(bias.shape, 0.1)));
    const batch = firstBatch(4);
    const loss = (): number =>
      tf.tidy(() => {
        const { losses } = engine.kernels.crossEntropy(
          network.predict(imageTensor(batch)),
          labelTensor(batch),
        );
        return tf.mean(losses).dataSync<'float32'>()[0];
      });
    const { gradients } = tf.tidy(() => network.gradients(imageTensor(batch), labelTensor(batch), 1));

    const small = 3e-4; // Small enough not to cross the corners of relu and max-pool.
    // The slope of the loss along the gradient is the length of the gradient.
    network.parameters.forEach((parameter, at) => {
      const gradient = gradients[at]!;
      const start = parameter.clone();
      const length = tf.norm(gradient).dataSync<'float32'>()[0];
      const lossAt = (distance: number): number => {
        tf.tidy(() => parameter.assign(tf.add(start, tf.mul(gradient, distance / length))));
        return loss();
      };
      const slope = (lossAt(small) - lossAt(-small)) / (2 * small);
      lossAt(0);
      expect(slope / length).toBeCloseTo(1, 1);
    });
    tf.dispose(gradients);
  });

  test('a step leaves only its gradients and its score', () => {
    network = new Network({ kernels: engine.kernels, seed: 3 });
    const batch = firstBatch(8);
    const before = tf.memory().numTensors;
    const { gradients, score } = tf.tidy(() => network.gradients(imageTensor(batch), labelTensor(batch), 1));
    expect(tf.memory().numTensors - before).toBe(gradients.length + 1);
    tf.dispose([...gradients, score]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ['original', 2],
    ['original', 10],
    ['original', 128],
    ['original', 1_000],
    ['sprint', 10],
  ] as const)(
    'the saved LayersModel of the network %s with %i classes makes the same predictions',
    async (name, classCount) => {
      const layers = architectureFor(classCount, name);
      const learner = new LocalLearner(engine.kernels, { optimizer: 'sgd', seed: 3, layers });
      network = learner.network;
      const images = imageTensor(firstBatch(16));
      const expected = tf.tidy(() => tf.softmax(network.predict(images)).dataSync<'float32'>());
      const saved = toLayersModel((await learner.state()).weights, layers);
      const { modelTopology, weightsManifest } = JSON.parse(saved.topology);
      const model = await loadLayersModel(
        tf.io.fromMemory({
          modelTopology,
          weightSpecs: weightsManifest[0].weights,
          weightData: Uint8Array.from(saved.weights).buffer,
        }),
      );
      const probabilities = tf.tidy(() => (model.predict(images) as tf.Tensor).dataSync<'float32'>());
      model.dispose();
      images.dispose();
      expect(probabilities).toHaveLength(16 * classCount);
      const worst = expected.reduce(
        (max, value, at) => Math.max(max, Math.abs(value - probabilities[at]!)),
        0,
      );
      expect(worst).toBeLessThan(1e-5);
    },
  );

  test('the initial weights depend on the seed', () => {
    const options = { kernels: engine.kernels, layers: smallNetwork };
    network = new Network({ ...options, seed: 3 });
    const same = new Network({ ...options, seed: 3 });
    const other = new Network({ ...options, seed: 4 });
    const bytes = ({ parameters }: Network) =>
      Buffer.concat(parameters.map((parameter) => Buffer.from(parameter.dataSync().slice().buffer)));
    expect(bytes(same).equals(bytes(network))).toBe(true);
    expect(bytes(other).equals(bytes(network))).toBe(false);
    same.dispose();
    other.dispose();
  });
});
