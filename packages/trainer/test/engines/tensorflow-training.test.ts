import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { hasBfloat16 } from '../../src/engines/precision.ts';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { tensorflowTraining } from '../../src/engines/tensorflow-training.ts';
import { tensorflowKernels } from '../../src/kernels/tensorflow.ts';
import { LocalLearner } from '../../src/learner/local-learner.ts';
import { GraphLearner } from '../../src/step-graph/graph-learner.ts';
import { findGraphFailure, measureSpeedup } from '../../src/step-graph/graph-probe.ts';
import { hasTensorflow } from '../support/engines.ts';

/** Returns the training functions for a made-up machine. */
const trainingOn = ({
  failure = undefined as string | undefined,
  speedup = 2,
  bfloat16 = true,
  isOneDnn = true,
  isGpu = false,
} = {}) =>
  tensorflowTraining({
    kernels: tensorflowKernels,
    isOneDnn,
    isGpu,
    probe: {
      findGraphFailure: async () => failure,
      measureSpeedup: async () => speedup,
      hasBfloat16: () => bfloat16,
    },
  });

const inGraph = { kernels: 'oneDNN in one graph per step', isFallback: false };

describe('selectPrecision', () => {
  test('selects the chosen precision', async () => {
    expect(await trainingOn().selectPrecision('float32')).toEqual({ precision: 'float32', ...inGraph });
    expect(await trainingOn().selectPrecision('bfloat16')).toEqual({ precision: 'bfloat16', ...inGraph });
  });

  test('selects bfloat16 with auto only where the processor supports it and it is faster', async () => {
    expect(await trainingOn().selectPrecision('auto')).toEqual({
      precision: 'bfloat16',
      reason: '2.0 times as fast as float32 here',
      ...inGraph,
    });
    expect(await trainingOn({ speedup: 1.05 }).selectPrecision('auto')).toEqual({
      precision: 'float32',
      reason: 'bfloat16 is not faster here',
      ...inGraph,
    });
    expect(await trainingOn({ bfloat16: false }).selectPrecision('auto')).toEqual({
      precision: 'float32',
      reason: '--precision auto finds neither AMX nor AVX-512 BF16 here',
      ...inGraph,
    });
  });

  test('selects float32 with auto where oneDNN is not used', async () => {
    expect(await trainingOn({ isOneDnn: false }).selectPrecision('auto')).toEqual({
      precision: 'float32',
      kernels: tensorflowKernels.name,
      reason: '--precision auto compares the precisions only on a CPU with oneDNN',
      isFallback: false,
    });
  });

  test.each([
    [{ bfloat16: false }, 'the processor has neither AMX nor AVX-512 BF16'],
    [{ isOneDnn: false }, 'TensorFlow does not use oneDNN here'],
  ])('on a CPU with %j, bfloat16 is computed in float32 and rounded', async (machine, cause) => {
    expect(await trainingOn(machine).selectPrecision('bfloat16')).toMatchObject({
      precision: 'bfloat16',
      reason: `computed in float32 and rounded, not faster than float32: ${cause}`,
      isFallback: false,
    });
  });

  test('on a GPU, bfloat16 is computed in bfloat16', async () => {
    const selected = await trainingOn({ isOneDnn: false, bfloat16: false, isGpu: true }).selectPrecision(
      'bfloat16',
    );
    expect(selected).toEqual({ precision: 'bfloat16', kernels: 'one graph per step', isFallback: false });
  });

  test('falls back to float32 where TensorFlow does not run the graph', async () => {
    const selected = await trainingOn({ failure: 'no room' }).selectPrecision('bfloat16');
    expect(selected).toEqual({
      precision: 'float32',
      kernels: tensorflowKernels.name,
      reason: 'bfloat16 does not work here: no room; TensorFlow does not run a step as one graph: no room',
      isFallback: true,
    });
  });

  test('computes float32 with separate kernels where oneDNN is not used', async () => {
    expect(await trainingOn({ isOneDnn: false }).selectPrecision('float32')).toEqual({
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
  const onCpu = { kernels: tensorflowKernels, isOneDnn: true, isGpu: false };

  test('float32 is computed with separate kernels when TensorFlow cannot load a graph', async () => {
    const backend = tf.backend() as unknown as { loadSavedModelMetaGraph(): number };
    const load = jest.spyOn(backend, 'loadSavedModelMetaGraph').mockImplementation(() => {
      throw new Error('Failed to load SavedModel: made up\nand more');
    });
    try {
      const steps = tensorflowTraining(onCpu);
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
    expect(await findGraphFailure('bfloat16', 'float32')).toBeUndefined();
    if (hasBfloat16()) expect(await findGraphFailure('bfloat16')).toBeUndefined();
    const learner = await tensorflowTraining(onCpu).createLearner({ optimizer: 'sgd', seed: 1 });
    expect(learner).toBeInstanceOf(GraphLearner);
    await learner.dispose();
  });

  test('the speed-up of bfloat16 is measured', async () => {
    const { createLearner } = tensorflowTraining(onCpu);
    expect(await measureSpeedup(createLearner)).toBeGreaterThan(0);
  });
});
