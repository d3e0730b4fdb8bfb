import { type EngineChoice, MonitorError } from '@mnist-monitor/shared';
import { commandLine } from '@mnist-monitor/shared/command-line';
import type { RunStartedData } from '../event-data.ts';
import { installedLibrary } from '../install/tensorflow-library.ts';
import type { Engine } from './engine.ts';
import { describeGpu, expectsGpu, explainNoGpu } from './nvidia.ts';
import type { SelectedPrecision } from './precision.ts';
import { startTensorflow } from './tensorflow.ts';
import { startWasm } from './wasm.ts';
import { startWebgpu } from './webgpu.ts';

/** The engine to start, and its options. */
export interface EngineRequest {
  choice: EngineChoice;
  /** Number of threads of the engine wasm; one per core by default. */
  threads?: number | undefined;
}

/** The engine that trains, and why it was selected. */
export interface SelectedEngine {
  engine: Engine;
  /** Reason for this engine; for `auto`, why each faster engine does not work. */
  reason: string;
  /** Whether `auto` selected a slow engine because faster ones do not work: wasm, or the CPU in a container with a GPU. */
  isFallback: boolean;
}

/** A selected engine with the precision of a run on it. */
export interface RunEngine extends SelectedEngine {
  precision: SelectedPrecision;
}

/** The engines that `auto` tries, fastest first: NVIDIA GPU, other GPU, TensorFlow on the CPU, WebAssembly. */
const preference = ['cuda', 'webgpu', 'tensorflow', 'wasm'] as const;

/**
 * Starts the chosen engine; `auto` starts the fastest one that works.
 * @throws MonitorError `engine.unavailable` when the chosen engine, or for `auto` every engine, does not work.
 */
export async function selectEngine({ choice, threads }: EngineRequest): Promise<SelectedEngine> {
  const starters = {
    cuda: startCuda,
    tensorflow: startTensorflow,
    webgpu: () => startWebgpu(),
    wasm: () => startWasm(threads),
  };
  if (choice !== 'auto') {
    const engine = await starters[choice]();
    return { engine, reason: `chosen with --engine ${choice}`, isFallback: false };
  }
  const failures: string[] = [];
  for (const name of preference) {
    try {
      const engine = await starters[name]();
      const reason = failures.filter(Boolean).join('; ') || 'the fastest on this machine';
      const isFallback = name === 'wasm' || (engine.kind === 'cpu' && expectsGpu());
      return { engine, reason, isFallback };
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
      failures.push(error.message);
    }
  }
  throw new MonitorError(
    'engine.unavailable',
    `--engine auto: expected an engine that works: ${failures.filter(Boolean).join('; ')}`,
  );
}

/** Starts TensorFlow on an NVIDIA GPU. @throws MonitorError `engine.unavailable` when its library or the GPU does not work. */
async function startCuda(): Promise<Engine> {
  if (installedLibrary()?.variant !== 'cuda')
    throw new MonitorError('engine.unavailable', await explainNoCudaLibrary());
  const engine = await startTensorflow();
  if (engine.kind === 'gpu') return engine;
  throw new MonitorError('engine.unavailable', `no NVIDIA GPU: ${await explainNoGpu()}`);
}

/** Explains why CUDA is not used; empty when nvidia-smi finds no GPU and the container was not started with one. */
async function explainNoCudaLibrary(): Promise<string> {
  const gpu = await describeGpu();
  if (gpu)
    return `${gpu.name} is not used: TensorFlow for it is not installed (${commandLine('engine', '--cuda')})`;
  return expectsGpu() ? `no NVIDIA GPU: ${await explainNoGpu()}` : '';
}

/** Describes the engine and its precision for `run.started`. */
export const describeDevice = ({ engine, reason, precision }: RunEngine): RunStartedData['device'] => ({
  engine: engine.name,
  kind: engine.kind,
  name: engine.deviceName,
  threads: engine.threads,
  reason,
  kernels: precision.kernels,
  precision: precision.precision,
  ...(precision.reason !== undefined && { precisionReason: precision.reason }),
  gpu: engine.gpu,
});
