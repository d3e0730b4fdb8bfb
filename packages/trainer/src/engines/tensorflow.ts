import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from '../kernels/kernels.ts';
import { plainKernels } from '../kernels/plain.ts';
import { matches } from '../kernels/probe.ts';
import { oneDnnKernels, tensorflowKernels } from '../kernels/tensorflow.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import { cpuName } from './cpu.ts';
import type { Engine } from './engine.ts';
import {
  isInstalled,
  libraryFolder,
  linkAddon,
  loaderFile,
  wheelForThisMachine,
} from './tensorflow-library.ts';

const require = createRequire(import.meta.url);

/**
 * Starts TensorFlow's C library as the backend of tfjs.
 * @throws MonitorError `engine.unavailable` when it is not installed or does not load.
 */
export async function startTensorflow(): Promise<Engine> {
  const wheel = wheelForThisMachine();
  const folder = wheel && libraryFolder(wheel);
  if (!folder || !isInstalled(folder))
    throw new MonitorError('engine.unavailable', 'TensorFlow is not installed (npm run engine installs it)');
  prepareProcess();
  try {
    linkAddon(folder);
    require(join(folder, loaderFile));
    require('@tensorflow/tfjs-node-gpu');
  } catch (cause) {
    throw new MonitorError('engine.unavailable', `TensorFlow does not load: ${firstLine(cause)}`, { cause });
  }
  await tf.setBackend('tensorflow');
  const kernels = chooseKernels();
  return {
    name: 'tensorflow',
    kind: 'cpu',
    deviceName: cpuName(),
    threads: availableParallelism(),
    kernels,
    gpu: null,
    evaluationBatch: 500,
    createLearner: async (options) => new LocalLearner(kernels, options),
  };
}

/** What must be set before the library is loaded. */
function prepareProcess(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // tfjs-node 4.22 calls two functions that Node 23 took out of `util`.
  const util = require('node:util');
  util.isArray ??= Array.isArray;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}

/** The fastest kernels that this build has and that compute what the plain ones do. */
function chooseKernels(): Kernels {
  return [oneDnnKernels, tensorflowKernels].find(matches) ?? plainKernels;
}

const firstLine = (cause: unknown): string => String((cause as Error).message ?? cause).split('\n')[0];
