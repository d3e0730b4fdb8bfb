import { MonitorError } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { wasmKernels } from '../kernels/wasm.ts';
import { cpuName } from './cpu.ts';
import type { Engine } from './engine.ts';

/**
 * Starts tfjs's WebAssembly backend: slower than TensorFlow, and needs nothing but its npm package.
 * @throws MonitorError `engine.unavailable`
 */
export async function startWasm(): Promise<Engine> {
  await import('@tensorflow/tfjs-backend-wasm');
  const started = await tf.setBackend('wasm');
  if (!started) throw new MonitorError('engine.unavailable', 'WebAssembly does not start in this Node');
  return {
    name: 'wasm',
    kind: 'cpu',
    deviceName: cpuName(),
    threads: 1,
    kernels: wasmKernels,
    gpu: null,
    evaluationBatch: 100,
  };
}
