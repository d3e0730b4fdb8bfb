import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OptimizerName, type Precision, settingChoices } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { type Batch, orderedBatches } from '../../src/dataset/batches.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import { hasBfloat16 } from '../../src/engines/precision.ts';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { tensorflowKernels } from '../../src/kernels/tensorflow.ts';
import type { Learner, LearnerState } from '../../src/learner/learner.ts';
import { LocalLearner } from '../../src/learner/local-learner.ts';
import { architecture } from '../../src/network/architecture.ts';
import { GraphLearner } from '../../src/step-graph/graph-learner.ts';
import { hasTensorflow } from '../support/engines.ts';
import { relativeDifference } from '../support/reference.ts';
import { smallNetwork } from '../support/small-network.ts';

/** Types of a graph's values and of its layers' arithmetic, as the engine `tensorflow` combines them on this processor. */
const formats: [title: string, { precision: Precision; arithmetic: Precision }][] = [
  ['float32', { precision: 'float32', arithmetic: 'float32' }],
  ['bfloat16, computed in float32', { precision: 'bfloat16', arithmetic: 'float32' }],
];
if (hasBfloat16()) formats.push(['bfloat16', { precision: 'bfloat16', arithmetic: 'bfloat16' }]);

const learningRates: Record<OptimizerName, number> = { sgd: 0.01, adam: 0.001, adamw: 0.001 };

(hasTensorflow ? describe : describe.skip)('GraphLearner', () => {
  let batches: Batch[];
  const learners: Learner[] = [];
  beforeAll(async () => {
    await startTensorflow();
    const { train } = await loadDataset(undefined);
    batches = [...orderedBatches({ ...train, size: 156 }, 16)]; // The last one has 12 images.
  });
  afterEach(async () => {
    for (const learner of learners.splice(0)) await learner.dispose();
  });
  /** Returns the learner, which is disposed after the test. */
  const track = <L extends Learner>(learner: L): L => {
    learners.push(learner);
    return learner;
  };

  /** Trains from step `first` to `last`. @returns Loss and accuracy of each. */
  async function learn(learner: Learner, { optimizer = 'sgd' as OptimizerName, first = 1, last = 1 } = {}) {
    const scores = [];
    for (let step = first; step <= last; step++) {
      const batch = batches[(step - 1) % batches.length]!;
      const learningRate = learningRates[optimizer];
      scores.push(await learner.step(batch, { step, learningRate, seed: step }));
    }
    return scores;
  }

  function expectEqualStates(actual: LearnerState, expected: LearnerState, bound: number): void {
    for (const part of ['weights', 'optimizer'] as const) {
      expect(actual[part].map(({ name, shape }) => ({ name, shape }))).toEqual(
        expected[part].map(({ name, shape }) => ({ name, shape })),
      );
      actual[part].forEach(({ values }, at) => {
        expect(relativeDifference(values, expected[part][at]!.values)).toBeLessThan(bound);
      });
    }
  }

  // TensorFlow's Adam computes 1 - 0.999 in float32, which is off by 1.3e-5.
  test.each(settingChoices.optimizer)(
    'in float32 makes the same steps as the kernels with %s',
    async (optimizer) => {
      const options = { optimizer, seed: 3, layers: smallNetwork };
      const expected = track(new LocalLearner(tensorflowKernels, options));
      const actual = track(new GraphLearner({ ...options, precision: 'float32' }));
      for (const [first, last] of [
        [1, 1],
        [2, 10],
      ]) {
        const [scores, expectedScores] = [
          await learn(actual, { optimizer, first, last }),
          await learn(expected, { optimizer, first, last }),
        ];
        scores.forEach(({ loss, accuracy }, at) => {
          expect(Math.abs(loss / expectedScores[at]!.loss - 1)).toBeLessThan(1e-5);
          expect(accuracy).toBeCloseTo(expectedScores[at]!.accuracy, 5);
        });
        expectEqualStates(await actual.state(), await expected.state(), optimizer === 'sgd' ? 1e-5 : 2e-5);
      }
      expect(
        relativeDifference(await actual.predict(batches[9]!), await expected.predict(batches[9]!)),
      ).toBeLessThan(1e-5);
    },
  );

  test('trains the whole network as the kernels do', async () => {
    const options = { optimizer: 'sgd', seed: 3, layers: architecture } as const;
    const expected = track(new LocalLearner(tensorflowKernels, options));
    const actual = track(new GraphLearner({ ...options, precision: 'float32' }));
    await learn(actual);
    await learn(expected);
    expectEqualStates(await actual.state(), await expected.state(), 1e-5);
  });

  test('in bfloat16 begins with the same weights and has the same losses, except for rounding', async () => {
    const options = { optimizer: 'sgd', seed: 3, layers: smallNetwork } as const;
    const [exact, rounded] = [formats[0]!, formats.at(-1)!].map(([, format]) =>
      track(new GraphLearner({ ...options, ...format })),
    );
    expect((await rounded!.state()).weights).toEqual((await exact!.state()).weights);
    const [expectedScores, scores] = [await learn(exact!, { last: 10 }), await learn(rounded!, { last: 10 })];
    scores.forEach(({ loss }, at) => {
      expect(Math.abs(loss / expectedScores[at]!.loss - 1)).toBeLessThan(0.02);
    });
  });

  test.each(formats)('in %s lowers the loss of a batch', async (_name, format) => {
    const learner = track(new GraphLearner({ optimizer: 'adamw', seed: 3, layers: smallNetwork, ...format }));
    const losses: number[] = [];
    for (let step = 1; step <= 30; step++)
      losses.push((await learner.step(batches[0]!, { step, learningRate: 0.01, seed: step })).loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.3);
  });

  test.each(formats)('in %s makes exactly the same steps from a restored state', async (_name, format) => {
    for (const optimizer of settingChoices.optimizer) {
      const options = { optimizer, seed: 3, layers: smallNetwork, ...format };
      const whole = track(new GraphLearner(options));
      await learn(whole, { optimizer, last: 3 });
      const resumed = track(new GraphLearner({ ...options, seed: 4 }));
      await resumed.restore(await whole.state());
      const rest = { optimizer, first: 4, last: 6 };
      expect(await learn(resumed, rest)).toEqual(await learn(whole, rest));
      expect(await resumed.state()).toEqual(await whole.state());
    }
  });

  test.each(
    formats.flatMap(([name, format]) => [2, 1_000].map((classCount) => [name, classCount, format] as const)),
  )('in %s trains a network of %i classes', async (_name, classCount, format) => {
    const layers = smallNetwork.with(-1, { name: 'fc1', type: 'dense', units: classCount });
    const { images, size } = batches[0]!;
    const oneHot = Float32Array.from({ length: size * classCount }, (_, at) =>
      Math.floor(at / classCount) % classCount === at % classCount ? 1 : 0,
    );
    const batch = { images, size, oneHot };
    const options = { optimizer: 'sgd', seed: 3, layers } as const;
    const expected = track(new LocalLearner(tensorflowKernels, options));
    const actual = track(new GraphLearner({ ...options, ...format }));
    const step = { step: 1, learningRate: 0.01, seed: 1 };
    const ratio = (await actual.step(batch, step)).loss / (await expected.step(batch, step)).loss;
    expect(Math.abs(ratio - 1)).toBeLessThan(format.precision === 'float32' ? 1e-5 : 0.02);
    expect(await actual.predict(batch)).toHaveLength(size * classCount);
  });

  test('refuses the state of another optimizer', async () => {
    const learner = track(
      new GraphLearner({ optimizer: 'adam', seed: 3, layers: smallNetwork, precision: 'float32' }),
    );
    const { weights } = await learner.state();
    await expect(learner.restore({ weights, optimizer: [] })).rejects.toThrow(
      'expected 12 saved tensors, got 4',
    );
  });

  test('leaks neither tensors nor memory in 200 steps', async () => {
    const learner = track(
      new GraphLearner({ optimizer: 'sgd', seed: 3, layers: smallNetwork, ...formats.at(-1)![1] }),
    );
    await learn(learner, { last: 50 });
    const tensors = tf.memory().numTensors;
    const { rss } = process.memoryUsage();
    await learn(learner, { last: 200 });
    await learner.predict(batches[0]!);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(process.memoryUsage().rss - rss).toBeLessThan(32 * 2 ** 20); // Leaked batches would take 60 MiB.
  });

  test('closes its session when it is disposed', async () => {
    const backend = tf.backend() as unknown as { getNumOfSavedModels(): number };
    const before = backend.getNumOfSavedModels();
    const learner = new GraphLearner({
      optimizer: 'sgd',
      seed: 3,
      layers: smallNetwork,
      precision: 'float32',
    });
    expect(backend.getNumOfSavedModels()).toBe(before + 1);
    await learner.dispose();
    expect(backend.getNumOfSavedModels()).toBe(before);
  });
});
