import { availableParallelism } from 'node:os';
import { startWasmBackend, wasmKernels } from '../kernels/wasm.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import { ParallelLearner } from '../learner/parallel-learner.ts';
import { cpuName, type Engine, noGpuUsage } from './engine.ts';
import { float32Only } from './precision.ts';

/**
 * Starts tfjs's WebAssembly backend, which is slower than TensorFlow but needs only its npm package.
 * @param threads Number of threads that train; one per core by default.
 * @throws MonitorError `engine.unavailable`
 */
export async function startWasm(threads = availableParallelism()): Promise<Engine> {
  await startWasmBackend();
  return {
    name: 'wasm',
    kind: 'cpu',
    deviceName: cpuName(),
    threads,
    kernels: wasmKernels,
    gpu: null,
    evaluationBatch: 100 * threads,
    probeSize: 100,
    selectPrecision: float32Only('wasm', wasmKernels.name),
    createLearner: async (options) =>
      threads === 1 ? new LocalLearner(wasmKernels, options) : ParallelLearner.start(threads, options),
    readGpuUsage: noGpuUsage,
  };
}
