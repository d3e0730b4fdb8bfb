import { bytesPerImage, classCount, type Precision } from '@mnist-monitor/shared';
import type { Batch } from '../dataset/batches.ts';
import { plainKernels } from '../kernels/plain.ts';
import type { Learner } from '../learner/learner.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import type { LayerSpec } from '../network/architecture.ts';
import { seededRandom } from '../random.ts';
import { GraphLearner } from './graph-learner.ts';

/** A small network with each type of layer except dropout, whose masks differ between graphs and plain kernels. */
const layers: readonly LayerSpec[] = [
  { name: 'conv1', type: 'conv2d', filters: 4 },
  { name: 'pool1', type: 'maxPool2d' },
  { name: 'relu1', type: 'relu' },
  { name: 'flatten', type: 'flatten' },
  { name: 'fc1', type: 'dense', units: classCount },
];

/** Largest relative difference between two losses that counts as rounding. */
const tolerances: Record<Precision, number> = { float32: 1e-3, bfloat16: 5e-2 };

/**
 * Trains a small network for two steps in a graph and with plain kernels, and compares the losses.
 * @returns The reason why this build cannot train in graphs, in one clause; undefined when it can.
 */
export async function findGraphFailure(
  precision: Precision,
  arithmetic = precision,
): Promise<string | undefined> {
  const options = { optimizer: 'sgd', seed: 1, layers } as const;
  try {
    const losses = await twoLosses(new GraphLearner({ ...options, precision, arithmetic }));
    const expected = await twoLosses(new LocalLearner(plainKernels, options));
    const isClose = losses.every((loss, at) => {
      const expectedLoss = expected[at] as number;
      return Math.abs(loss - expectedLoss) < expectedLoss * tolerances[precision];
    });
    return isClose ? undefined : `expected the losses ${expected.join(', ')}, got ${losses.join(', ')}`;
  } catch (error) {
    return String((error as Error).message)
      .split('\n')[0]
      ?.slice(0, 300);
  }
}

async function twoLosses(learner: Learner): Promise<number[]> {
  const batch = randomBatch(4);
  try {
    const first = await learner.step(batch, { step: 1, learningRate: 0.1, seed: 1 });
    const second = await learner.step(batch, { step: 2, learningRate: 0.1, seed: 2 });
    return [first.loss, second.loss];
  } finally {
    await learner.dispose();
  }
}

/** Size of the measured batches: large enough for a realistic speed-up, small enough for a few steps in half a second. */
const probeBatch = 64;
/** Number of measured steps in each precision. */
const probeSteps = 4;

/**
 * Measures how many times as fast a step is in bfloat16 as in float32. The precisions alternate, and the fastest step of each
 * counts, so that other load on the machine matters less.
 */
export async function measureSpeedup(
  createLearner: (options: { optimizer: 'sgd'; seed: number; precision: Precision }) => Promise<Learner>,
): Promise<number> {
  const create = (precision: Precision) => createLearner({ optimizer: 'sgd', seed: 1, precision });
  const learners = { float32: await create('float32'), bfloat16: await create('bfloat16') };
  const fastest = { float32: Number.POSITIVE_INFINITY, bfloat16: Number.POSITIVE_INFINITY };
  const batch = randomBatch(probeBatch);
  try {
    for (let step = 1; step <= probeSteps; step++)
      for (const precision of ['float32', 'bfloat16'] as const) {
        const startedAt = performance.now();
        await learners[precision].step(batch, { step, learningRate: 0.01, seed: step });
        fastest[precision] = Math.min(fastest[precision], performance.now() - startedAt);
      }
  } finally {
    await Promise.all(Object.values(learners).map((learner) => learner.dispose()));
  }
  return fastest.float32 / fastest.bfloat16;
}

function randomBatch(size: number): Batch {
  const random = seededRandom(1);
  const batch = {
    size,
    images: Float32Array.from({ length: size * bytesPerImage }, random),
    oneHot: new Float32Array(size * classCount),
  };
  for (let row = 0; row < size; row++) batch.oneHot[row * classCount + (row % classCount)] = 1;
  return batch;
}
