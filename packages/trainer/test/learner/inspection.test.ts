import { beforeAll, describe } from '@jest/globals';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { tensorflowKernels } from '../../src/kernels/tensorflow.ts';
import { startWasmBackend, wasmKernels } from '../../src/kernels/wasm.ts';
import { LocalLearner } from '../../src/learner/local-learner.ts';
import { ParallelLearner } from '../../src/learner/parallel-learner.ts';
import { GraphLearner } from '../../src/step-graph/graph-learner.ts';
import { hasTensorflow } from '../support/engines.ts';
import { testInspection } from './inspection-suite.ts';

describe('WebAssembly', () => {
  beforeAll(startWasmBackend);
  testInspection('one thread', async (options) => new LocalLearner(wasmKernels, options));
  testInspection('three threads', (options) => ParallelLearner.start(3, options));
});

(hasTensorflow ? describe : describe.skip)('TensorFlow', () => {
  beforeAll(async () => {
    await startTensorflow();
  });
  testInspection('separate operations', async (options) => new LocalLearner(tensorflowKernels, options));
  testInspection(
    'one graph for each step',
    async (options) => new GraphLearner({ ...options, precision: 'float32' }),
  );
});
