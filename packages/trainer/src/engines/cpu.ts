import { cpus } from 'node:os';

/** The processor's name, for example "AMD EPYC, 2 cores". */
export function cpuName(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim().replace(/\s+/g, ' ') || process.arch;
  return `${model}, ${cores.length} ${cores.length === 1 ? 'core' : 'cores'}`;
}
