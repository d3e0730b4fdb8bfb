import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { hasBfloat16 } from '../../src/engines/precision.ts';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { tensorflowSteps } from '../../src/engines/tensorflow-steps.ts';
import { tensorflowKernels } from '../../src/kernels/tensorflow.ts';
import { LocalLearner } from '../../src/learner/local-learner.ts';
import { GraphLearner } from '../../src/step-graph/graph-learner.ts';
import { findGraphFailure, measureSpeedup } from '../../src/step-graph/graph-probe.ts';
import { hasTensorflow } from '../support/engines.ts';

/** Steps on a made-up machine. */
const stepsOn = ({
  failure = undefined as string | undefined,
  speedup = 2,
  bfloat16 = true,
  isOneDnn = true,
} = {}) =>
  tensorflowSteps({
    kernels: tensorflowKernels,
    isOneDnn,
    probe: {
      findGraphFailure: async () => failure,
      measureSpeedup: async () => speedup,
      hasBfloat16: () => bfloat16,
    },
  });

const inGraph = { kernels: 'oneDNN in one graph per step', isFallback: false };

describe('selectPrecision', () => {
  test('selects the chosen precision', async () => {
    expect(await stepsOn().selectPrecision('float32')).toEqual({ precision: 'float32', ...inGraph });
    expect(await stepsOn().selectPrecision('bfloat16')).toEqual({ precision: 'bfloat16', ...inGraph });
  });

  test('selects bfloat16 by itself where the processor has it and it is faster', async () => {
    expect(await stepsOn().selectPrecision('auto')).toEqual({
      precision: 'bfloat16',
      reason: '2.0 times as fast as float32 here',
      ...inGraph,
    });
    expect(await stepsOn({ speedup: 1.05 }).selectPrecision('auto')).toEqual({
      precision: 'float32',
      reason: 'bfloat16 is not faster here',
      ...inGraph,
    });
    expect(await stepsOn({ bfloat16: false }).selectPrecision('auto')).toEqual({
      precision: 'float32',
      reason: '--precision auto finds neither AMX nor AVX-512 BF16 here',
      ...inGraph,
    });
  });

  test('does not decide by itself without oneDNN', async () => {
    expect(await stepsOn({ isOneDnn: false }).selectPrecision('auto')).toEqual({
      precision: 'float32',
      kernels: tensorflowKernels.name,
      reason: '--precision auto decides only on a processor with oneDNN',
      isFallback: false,
    });
  });

  test('falls back to float32 where TensorFlow does not run the graph', async () => {
    const selected = await stepsOn({ failure: 'no room' }).selectPrecision('bfloat16');
    expect(selected).toEqual({
      precision: 'float32',
      kernels: tensorflowKernels.name,
      reason: 'bfloat16 does not work here: no room; TensorFlow does not run a step as one graph: no room',
      isFallback: true,
    });
  });

  test('keeps the kernels in float32 without oneDNN', async () => {
    expect(await stepsOn({ isOneDnn: false }).selectPrecision('float32')).toEqual({
      precision: 'float32',
      kernels: tensorflowKernels.name,
      isFallback: false,
    });
  });
});

test.each([
  ['flags\t\t: fpu avx512f avx512_bf16 clzero\n', true],
  ['processor\t: 0\nflags\t\t: fpu amx_bf16 avx512f\n', true],
  ['flags\t\t: fpu avx512f avx512_vnni\n', false],
  ['Features\t: fp asimd bf16\n', false],
])('the processor of %j has bfloat16: %j', (text, expected) => {
  expect(hasBfloat16(() => text)).toBe(expected);
});

(hasTensorflow ? describe : describe.skip)('on this machine', () => {
  beforeAll(startTensorflow);

  test('a session that cannot be made leaves the kernels', async () => {
    const backend = tf.backend() as unknown as { loadSavedModelMetaGraph(): number };
    const load = jest.spyOn(backend, 'loadSavedModelMetaGraph').mockImplementation(() => {
      throw new Error('Failed to load SavedModel: made up\nand more');
    });
    try {
      const steps = tensorflowSteps({ kernels: tensorflowKernels, isOneDnn: true });
      expect(await steps.selectPrecision('float32')).toMatchObject({
        kernels: tensorflowKernels.name,
        reason: 'TensorFlow does not run a step as one graph: Failed to load SavedModel: made up',
      });
      const learner = await steps.createLearner({ optimizer: 'sgd', seed: 1 });
      expect(learner).toBeInstanceOf(LocalLearner);
      await learner.dispose();
    } finally {
      load.mockRestore();
    }
  });

  test('graphs work in both precisions, and learners use them', async () => {
    expect(await findGraphFailure('float32')).toBeUndefined();
    expect(await findGraphFailure('bfloat16')).toBeUndefined();
    const learner = await tensorflowSteps({ kernels: tensorflowKernels, isOneDnn: true }).createLearner({
      optimizer: 'sgd',
      seed: 1,
    });
    expect(learner).toBeInstanceOf(GraphLearner);
    await learner.dispose();
  });

  test('the speed of both precisions is compared', async () => {
    const { createLearner } = tensorflowSteps({ kernels: tensorflowKernels, isOneDnn: true });
    expect(await measureSpeedup(createLearner)).toBeGreaterThan(0);
  });
});
