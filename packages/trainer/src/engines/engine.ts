import { cpus } from 'node:os';
import type { RunStartedData, SystemData } from '@mnist-monitor/shared';
import type { Kernels } from '../kernels/kernels.ts';
import type { Learner } from '../learner/learner.ts';
import type { LearnerOptions } from '../learner/local-learner.ts';

/** What computes: a tfjs backend that is ready, the kernels that suit it, and what it is. */
export interface Engine {
  name: 'tensorflow' | 'webgpu' | 'wasm';
  kind: 'cpu' | 'gpu';
  /** The processor's or the GPU's name. */
  deviceName: string;
  threads: number | null;
  kernels: Kernels;
  gpu: RunStartedData['device']['gpu'];
  /** Images per evaluation batch: large enough to be quick, small enough for the memory. */
  evaluationBatch: number;
  createLearner(options: LearnerOptions): Promise<Learner>;
  /** Load, memory, temperature and power of the GPU, as far as it tells. */
  readGpuUsage(): Promise<SystemData['gpu']>;
}

/** For engines without one, or whose GPU tells nothing. */
export const noGpu = async (): Promise<null> => null;

/** The processor's name, for example "AMD EPYC, 2 cores". */
export function cpuName(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim().replace(/\s+/g, ' ') || process.arch;
  return `${model}, ${cores.length} ${cores.length === 1 ? 'core' : 'cores'}`;
}
