import { MonitorError } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Starts tfjs's WebAssembly backend on this thread.
 * @throws MonitorError `engine.unavailable`
 */
export async function startWasmBackend(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm')))
    throw new MonitorError('engine.unavailable', 'WebAssembly does not start in this Node');
}
