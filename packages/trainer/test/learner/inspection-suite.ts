import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { type Batch, orderedBatches } from '../../src/dataset/batches.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import type { Learner } from '../../src/learner/learner.ts';
import type { LearnerOptions } from '../../src/learner/local-learner.ts';
import type { LayerSpec } from '../../src/network/architecture.ts';
import { conv, maxPool, relativeDifference } from '../support/reference.ts';

/** A network without dropout, because the masks differ between engines and threads. */
const layers: LayerSpec[] = [
  { name: 'conv1', type: 'conv2d', filters: 4 },
  { name: 'pool1', type: 'maxPool2d' },
  { name: 'relu1', type: 'relu' },
  { name: 'flatten', type: 'flatten' },
  { name: 'fc1', type: 'dense', units: 12 },
  { name: 'relu2', type: 'relu' },
  { name: 'fc2', type: 'dense', units: 10 },
];

/** Tests what a learner returns about the inside of its network. */
export function testInspection(
  name: string,
  createLearner: (options: LearnerOptions) => Promise<Learner>,
): void {
  describe(`the inside of the network on ${name}`, () => {
    let batch: Batch;
    const learners: Learner[] = [];
    beforeAll(async () => {
      const { train } = await loadDataset(undefined);
      [batch] = [...orderedBatches({ ...train, size: 8 }, 8)] as [Batch];
    });
    afterEach(async () => {
      for (const learner of learners.splice(0)) await learner.dispose();
    });
    const create = async (): Promise<Learner> => {
      const learner = await createLearner({ optimizer: 'sgd', seed: 3, layers });
      learners.push(learner);
      return learner;
    };
    const valuesOf = async (learner: Learner): Promise<Float32Array[]> =>
      (await learner.weights()).map(({ values }) => values);

    test('a step that returns its gradients is the same step', async () => {
      const [plain, observed] = [await create(), await create()];
      for (let step = 1; step <= 3; step++) {
        const expected = await plain.step(batch, { step, learningRate: 0.01, seed: step });
        const { gradients, ...actual } = await observed.step(batch, {
          ...{ step, learningRate: 0.01, seed: step },
          withGradients: true,
        });
        expect(expected).not.toHaveProperty('gradients');
        expect(gradients).toHaveLength(6);
        expect(actual).toEqual(expected);
      }
      expect(await valuesOf(observed)).toEqual(await valuesOf(plain));
    });

    test('the gradients point where the loss grows, as finite differences do', async () => {
      const learner = await create();
      const { weights, optimizer } = await learner.state();
      const options = { step: 1, learningRate: 1e-9, seed: 1 };
      const { gradients } = await learner.step(batch, { ...options, withGradients: true });
      const lossAt = async (distance: number): Promise<number> => {
        const moved = weights.map(({ values, ...rest }, at) => ({
          ...rest,
          values: values.map((value, i) => value + distance * gradients![at]![i]!),
        }));
        await learner.restore({ weights: moved, optimizer });
        return (await learner.step(batch, options)).loss;
      };
      const squaredNorm = gradients!.flatMap((each) => [...each]).reduce((sum, value) => sum + value ** 2, 0);
      const distance = 0.01 / Math.sqrt(squaredNorm);
      const slope = ((await lossAt(distance)) - (await lossAt(-distance))) / (2 * distance);
      expect(slope / squaredNorm).toBeGreaterThan(0.99);
      expect(slope / squaredNorm).toBeLessThan(1.01);
    });

    test('the logits are those of a prediction, and the largest outputs are those of each relu', async () => {
      const learner = await create();
      const { logits, maxima } = await learner.inspect(batch);
      expect(relativeDifference(logits, await learner.predict(batch))).toBeLessThan(1e-6);

      const [filter, bias] = await learner.weights();
      const y = conv({ shape: [8, 28, 28, 1], values: batch.images }, filter!, bias!.values);
      const pooled = maxPool({ shape: [8, 28, 28, 4], values: y }).y;
      const expected = new Float32Array(4); // A relu is at least 0.
      pooled.forEach((value, at) => {
        expected[at % 4] = Math.max(expected[at % 4]!, value);
      });
      expect(maxima.map(({ length }) => length)).toEqual([4, 12]);
      expect(relativeDifference(maxima[0]!, expected)).toBeLessThan(1e-5);
    });

    test('a look inside and a prediction leave no tensors behind', async () => {
      const learner = await create();
      const before = tf.memory().numTensors;
      await learner.inspect(batch);
      await learner.predict(batch);
      await learner.state();
      expect(tf.memory().numTensors).toBe(before);
    });

    test('the largest outputs of many images are those of its parts', async () => {
      const learner = await create();
      const { maxima } = await learner.inspect(batch);
      const single = { size: 1, images: batch.images.slice(0, 784), oneHot: batch.oneHot.slice(0, 10) };
      const part = await learner.inspect(single);
      expect(part.logits).toHaveLength(10);
      part.maxima.forEach((units, relu) => {
        units.forEach((value, unit) => {
          expect(value).toBeLessThanOrEqual(maxima[relu]![unit]! + 1e-5);
        });
      });
    });
  });
}
