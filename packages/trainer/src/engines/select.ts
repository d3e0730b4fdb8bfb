import { MonitorError, type RunStartedData } from '@mnist-monitor/shared';
import { installedLibrary } from '../install/tensorflow-library.ts';
import type { Engine } from './engine.ts';
import { describeGpu, explainNoGpu, isGpuPromised } from './nvidia.ts';
import { startTensorflow } from './tensorflow.ts';
import { startWasm } from './wasm.ts';
import { startWebgpu } from './webgpu.ts';

export type EngineChoice = Engine['name'] | 'auto';

export interface EngineRequest {
  choice: EngineChoice;
  /** For engines that have threads of ours; one a core when left out. */
  threads?: number | undefined;
}

export interface Selection {
  engine: Engine;
  /** Why this one. */
  reason: string;
  /** Whether this is less than was to be expected: nothing but the slowest works, or a GPU was promised. */
  fellBack: boolean;
}

/** An NVIDIA GPU; another GPU; TensorFlow on the CPU; what works everywhere. */
const preference = ['cuda', 'webgpu', 'tensorflow', 'wasm'] as const;

/**
 * Starts the engine asked for; `auto` takes the first that works.
 * @throws MonitorError `engine.unavailable` when it does not work, or for `auto` when none does.
 */
export async function selectEngine({ choice, threads }: EngineRequest): Promise<Selection> {
  const starters = {
    cuda: startCuda,
    tensorflow: startTensorflow,
    webgpu: () => startWebgpu(),
    wasm: () => startWasm(threads),
  };
  if (choice !== 'auto') {
    const engine = await starters[choice]();
    return { engine, reason: `asked for with --engine ${choice}`, fellBack: false };
  }
  const failures: string[] = [];
  for (const name of preference) {
    try {
      const engine = await starters[name]();
      const reason = failures.filter(Boolean).join('; ') || 'the fastest that this machine has';
      const fellBack = name === 'wasm' || (engine.kind === 'cpu' && isGpuPromised());
      return { engine, reason, fellBack };
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
      failures.push(error.message);
    }
  }
  throw new MonitorError(
    'engine.unavailable',
    `--engine auto: expected one that works: ${failures.filter(Boolean).join('; ')}`,
  );
}

/** TensorFlow, only on a GPU. */
async function startCuda(): Promise<Engine> {
  if (installedLibrary()?.variant !== 'cuda')
    throw new MonitorError('engine.unavailable', await explainNoCudaLibrary());
  const engine = await startTensorflow();
  if (engine.kind === 'gpu') return engine;
  throw new MonitorError('engine.unavailable', `no NVIDIA GPU: ${await explainNoGpu()}`);
}

/** Nothing needs to be said of a library that nobody misses. */
async function explainNoCudaLibrary(): Promise<string> {
  const gpu = await describeGpu();
  if (gpu) return `${gpu.name} is not used: TensorFlow for it is not installed (npm run engine -- --cuda)`;
  return isGpuPromised() ? `no NVIDIA GPU: ${await explainNoGpu()}` : '';
}

/** The engine as `run.started` tells it. */
export const describeDevice = ({ engine, reason }: Selection): RunStartedData['device'] => ({
  engine: engine.name,
  kind: engine.kind,
  name: engine.deviceName,
  threads: engine.threads,
  reason,
  kernels: engine.kernels.name,
  gpu: engine.gpu,
});
