import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Batch, orderedBatches } from '../../src/dataset/batches.ts';
import type { Split } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import { startWasmBackend, wasmKernels } from '../../src/kernels/wasm.ts';
import type { Learner, TensorValues } from '../../src/learner/learner.ts';
import { LocalLearner } from '../../src/learner/local-learner.ts';
import { ParallelLearner } from '../../src/learner/parallel-learner.ts';
import type { LayerSpec } from '../../src/network/architecture.ts';

/** A network without dropout, because the masks differ between threads. */
const layers: LayerSpec[] = [
  { name: 'conv1', type: 'conv2d', filters: 4 },
  { name: 'pool1', type: 'maxPool2d' },
  { name: 'relu1', type: 'relu' },
  { name: 'flatten', type: 'flatten' },
  { name: 'fc1', type: 'dense', units: 10 },
];
const optionsFor = (classCount: number) =>
  ({
    optimizer: 'adam',
    seed: 3,
    layers: layers.with(-1, { name: 'fc1', type: 'dense', units: classCount }),
  }) as const;

describe('ParallelLearner', () => {
  let batches: Batch[];
  /** 30 images of MNIST whose labels are the given number of classes in turn. */
  let splitOf: (classCount: number) => Split;
  const learners: Learner[] = [];
  beforeAll(async () => {
    await startWasmBackend();
    const { train } = await loadDataset(undefined);
    splitOf = (classCount) => ({
      ...train,
      size: 30,
      classCount,
      labels: train.labels.slice(0, 30).map((_, at) => at % classCount),
    });
  });
  beforeEach(() => {
    batches = [...orderedBatches(splitOf(10), 8)];
  });
  afterEach(async () => {
    for (const learner of learners.splice(0)) await learner.dispose();
  });
  const createLocal = (classCount = 10): Learner => {
    const learner = new LocalLearner(wasmKernels, optionsFor(classCount));
    learners.push(learner);
    return learner;
  };
  const createParallel = async (threads: number, classCount = 10): Promise<Learner> => {
    const learner = await ParallelLearner.start(threads, optionsFor(classCount));
    learners.push(learner);
    return learner;
  };
  const learn = async (learner: Learner): Promise<number[]> => {
    const losses: number[] = [];
    for (const [at, batch] of batches.entries())
      losses.push((await learner.step(batch, { step: at + 1, learningRate: 0.01, seed: at })).loss);
    return losses;
  };
  const expectClose = (actual: readonly TensorValues[], expected: readonly TensorValues[]): void => {
    expect(actual.map(({ name, shape }) => ({ name, shape }))).toEqual(
      expected.map(({ name, shape }) => ({ name, shape })),
    );
    actual.forEach(({ values }, at) => {
      const worst = values.reduce(
        (max, value, i) => Math.max(max, Math.abs(value - expected[at]!.values[i]!)),
        0,
      );
      expect(worst).toBeLessThan(1e-4);
    });
  };

  test.each([2, 3])(
    'makes the same steps on %i threads as on one, with a smaller last batch',
    async (threads) => {
      const one = createLocal();
      const many = await createParallel(threads);
      const [expected, actual] = [await learn(one), await learn(many)];
      actual.forEach((loss, at) => {
        expect(loss).toBeCloseTo(expected[at] as number, 4);
      });
      const [a, b] = [await many.state(), await one.state()];
      expectClose(a.weights, b.weights);
      expectClose(a.optimizer, b.optimizer);
    },
  );

  test.each([2, 47])('makes the same steps with %i classes', async (classCount) => {
    batches = [...orderedBatches(splitOf(classCount), 8)];
    const [one, many] = [createLocal(classCount), await createParallel(2, classCount)];
    const [expected, actual] = [await learn(one), await learn(many)];
    actual.forEach((loss, at) => {
      expect(loss).toBeCloseTo(expected[at] as number, 4);
    });
    expectClose((await many.state()).weights, (await one.state()).weights);
    expect(await many.predict(batches[0]!)).toHaveLength(8 * classCount);
  });

  test('predicts in the order of the batch, also with fewer images than threads', async () => {
    const one = createLocal();
    const many = await createParallel(3);
    const single = {
      size: 1,
      images: batches[0]!.images.slice(0, 784),
      oneHot: batches[0]!.oneHot.slice(0, 10),
    };
    for (const batch of [batches[0]!, single]) {
      const [expected, actual] = [await one.predict(batch), await many.predict(batch)];
      expect(actual).toHaveLength(batch.size * 10);
      actual.forEach((value, at) => {
        expect(value).toBeCloseTo(expected[at] as number, 4);
      });
    }
  });

  test('continues from the state of another learner', async () => {
    const first = await createParallel(2);
    await learn(first);
    const second = await createParallel(2);
    await second.restore(await first.state());
    expect(await learn(second)).toEqual(await learn(first));
  });

  test('makes the same steps as one thread with fewer images than threads', async () => {
    const few = [...orderedBatches({ ...splitOf(10), size: 2 }, 2)];
    batches = [few[0]!, few[0]!];
    const [one, many] = [createLocal(), await createParallel(3)];
    const step = { step: 1, learningRate: 0.01, seed: 1, withGradients: true };
    const [expected, actual] = [await one.step(few[0]!, step), await many.step(few[0]!, step)];
    expect(actual.loss).toBeCloseTo(expected.loss, 4);
    expect(actual.accuracy).toBe(expected.accuracy);
    actual.gradients!.forEach((values, at) => {
      expect(values).toHaveLength(expected.gradients![at]!.length);
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(expected.gradients![at]![i]!, 4);
      });
    });
    expectClose(await many.weights(), await one.weights());
  });

  test('has the accuracy of the whole batch', async () => {
    const [one, many] = [createLocal(), await createParallel(3)];
    for (const [at, batch] of batches.entries()) {
      const options = { step: at + 1, learningRate: 0.01, seed: at };
      const [expected, actual] = [await one.step(batch, options), await many.step(batch, options)];
      expect(actual.accuracy).toBeCloseTo(expected.accuracy, 6);
    }
  });

  test.each([
    ['one thread', async () => createLocal()],
    ['two threads', () => createParallel(2)],
  ])('refuses a state with another number of tensors on %s', async (_where, create) => {
    const learner = await create();
    const { weights, optimizer } = await learner.state();
    await expect(learner.restore({ weights: weights.slice(1), optimizer })).rejects.toThrow(
      'expected 4 saved tensors, got 3',
    );
  });
});
