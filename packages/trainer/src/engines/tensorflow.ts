import { createRequire, Module } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import { commandLine } from '@mnist-monitor/shared/command-line';
import { checkLoads } from '../install/load-check.ts';
import {
  addonFile,
  binaryFolder,
  installedLibrary,
  libraryFolder,
  loaderFile,
} from '../install/tensorflow-library.ts';
import type { TensorflowLibrary } from '../install/tensorflow-wheels.ts';
import { matchesPlainKernels } from '../kernels/kernel-check.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { plainKernels } from '../kernels/plain.ts';
import { oneDnnKernels, tensorflowKernels } from '../kernels/tensorflow.ts';
import tf from '../kernels/tfjs.cjs';
import { cpuName, type Engine, noGpuUsage } from './engine.ts';
import { describeGpu, readGpuUsage } from './nvidia.ts';
import { tensorflowTraining } from './tensorflow-training.ts';

const require = createRequire(import.meta.url);

/**
 * Loads TensorFlow's C library as the backend of tfjs. It uses an NVIDIA GPU when the installed library is built for CUDA
 * and a GPU is available, otherwise the CPU.
 * @throws MonitorError `engine.unavailable` when the library is not installed, does not load or does not run on this
 * processor.
 */
export async function startTensorflow(): Promise<Engine> {
  const library = installedLibrary();
  if (!library)
    throw new MonitorError(
      'engine.unavailable',
      `TensorFlow is not installed (${commandLine('engine')} installs it)`,
    );
  const folder = libraryFolder(library);
  await checkLoads(folder);
  prepareProcess(library);
  try {
    registerBackend(folder);
  } catch (cause) {
    throw new MonitorError('engine.unavailable', `TensorFlow does not load: ${firstLine(cause)}`, { cause });
  }
  await tf.setBackend('tensorflow');
  return usesGpu() ? gpuEngine() : cpuEngine();
}

/**
 * Registers tfjs-node's backend, as the index of that package does. The index also loads the layers, the data loaders, the converter and
 * the WebGL backend of tfjs, which nothing here uses and which take a quarter of the time from the start to the first step. The
 * modules of the backend itself use only the core of tfjs, so their `require('@tensorflow/tfjs')` returns the core.
 */
function registerBackend(folder: string): void {
  const fromTfjsNode = createRequire(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  const whole = fromTfjsNode.resolve('@tensorflow/tfjs');
  const core = new Module(whole);
  core.exports = tf;
  core.loaded = true;
  require.cache[whole] ??= core;
  require(join(binaryFolder(folder), loaderFile));
  const addon = require(join(binaryFolder(folder), addonFile));
  const { NodeJSKernelBackend } = fromTfjsNode('./dist/nodejs_kernel_backend.js');
  fromTfjsNode('./dist/register_all_kernels.js');
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(addon, '@tensorflow/tfjs-node-gpu'));
}

/** Returns whether TensorFlow has found a GPU that it can use. */
const usesGpu = (): boolean => (tf.backend() as unknown as { isUsingGpuDevice: boolean }).isUsingGpuDevice;

async function gpuEngine(): Promise<Engine> {
  const gpu = await describeGpu();
  const kernels = firstMatching(tensorflowKernels);
  return {
    name: 'tensorflow',
    kind: 'gpu',
    deviceName: gpu?.name ?? 'NVIDIA GPU',
    threads: null,
    kernels,
    gpu,
    evaluationBatch: 2_000,
    probeSize: 500,
    ...tensorflowTraining({ kernels, isOneDnn: false, isGpu: true }),
    readGpuUsage,
  };
}

function cpuEngine(): Engine {
  const kernels = firstMatching(oneDnnKernels, tensorflowKernels);
  return {
    name: 'tensorflow',
    kind: 'cpu',
    deviceName: cpuName(),
    threads: availableParallelism(),
    kernels,
    gpu: null,
    evaluationBatch: 500,
    probeSize: 500,
    ...tensorflowTraining({ kernels, isOneDnn: kernels === oneDnnKernels, isGpu: false }),
    readGpuUsage: noGpuUsage,
  };
}

/** Returns the first candidate that this build supports; the plain kernels work in every build. */
const firstMatching = (...candidates: Kernels[]): Kernels =>
  candidates.find(matchesPlainKernels) ?? plainKernels;

/** Sets environment variables that TensorFlow reads while it loads, and defines functions that tfjs-node calls. */
function prepareProcess({ variant }: TensorflowLibrary): void {
  // Level 2 prints errors, which explain failures of a GPU. On a CPU, failures are exceptions, and TensorFlow logs a harmless
  // "error" when a bfloat16 graph runs on a processor without AVX-512; level 3 omits it.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= variant === 'cuda' ? '2' : '3';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // tfjs-node 4.22 calls two functions of `util` that Node 23 has removed.
  const util = require('node:util');
  util.isArray = Array.isArray;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
}

const firstLine = (cause: unknown): string => String((cause as Error).message ?? cause).split('\n')[0];
