import { cpus } from 'node:os';
import type { EngineName, Precision, PrecisionChoice } from '@mnist-monitor/shared';
import type { RunStartedData, SystemData } from '../event-data.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Learner } from '../learner/learner.ts';
import type { LearnerOptions } from '../learner/local-learner.ts';
import type { SelectedPrecision } from './precision.ts';

/** Options of `Engine.createLearner`. */
export interface EngineLearnerOptions extends LearnerOptions {
  /** The precision that `selectPrecision` returned; float32 by default. */
  precision?: Precision;
}

/** A tfjs backend that is ready to train, with its kernels and a description of its device. */
export interface Engine {
  name: EngineName;
  kind: 'cpu' | 'gpu';
  /** Name of the processor or the GPU. */
  deviceName: string;
  /** Number of CPU threads that the engine uses; null on a GPU. */
  threads: number | null;
  kernels: Kernels;
  gpu: RunStartedData['device']['gpu'];
  /** Images per evaluation batch: large enough to be fast, small enough for the memory. */
  evaluationBatch: number;
  /** Test images whose logits a run sends from time to time: fewer where a prediction takes long. */
  probeSize: number;
  /** Selects the precision in which a run trains. */
  selectPrecision(choice: PrecisionChoice): Promise<SelectedPrecision>;
  createLearner(options: EngineLearnerOptions): Promise<Learner>;
  /** Reads load, memory, temperature and power of the GPU; null without a GPU, or where they cannot be measured. */
  readGpuUsage(): Promise<SystemData['gpu']>;
}

/** The `readGpuUsage` of engines that have no GPU or cannot measure its usage: resolves with null. */
export const noGpuUsage = async (): Promise<null> => null;

/** Returns the name of the processor, for example "AMD EPYC, 2 cores". */
export function cpuName(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim().replace(/\s+/g, ' ') || process.arch;
  return `${model}, ${cores.length} ${cores.length === 1 ? 'core' : 'cores'}`;
}
