import { cpus, freemem, totalmem } from 'node:os';
import type { SystemData } from '../event-data.ts';

/**
 * Measures load and memory of this process, its machine and its GPU. The loads of process and machine are means since the
 * previous reading.
 */
export class SystemMonitor {
  #host = hostTimes();
  #process = process.cpuUsage();
  #readAt = performance.now();
  readonly #readGpu: () => Promise<SystemData['gpu']>;
  #gpu: SystemData['gpu'] = null;

  /** @param readGpu Called at each reading. The next reading returns its result, because the driver's tool is slow. */
  constructor(readGpu: () => Promise<SystemData['gpu']>) {
    this.#readGpu = readGpu;
  }

  /** Returns the load of the machine and of the GPU from 0 to 1, that of the process in busy cores, and memory in bytes. */
  read(): SystemData {
    this.#readGpu().then((gpu) => {
      this.#gpu = gpu;
    });
    const host = hostTimes();
    const used = process.cpuUsage(this.#process);
    const now = performance.now();
    const elapsedMicroseconds = Math.max(1, (now - this.#readAt) * 1_000);
    const total = Math.max(1, host.total - this.#host.total);
    const busy = 1 - (host.idle - this.#host.idle) / total;
    this.#host = host;
    this.#process = process.cpuUsage();
    this.#readAt = now;
    return {
      process: {
        cpu: (used.user + used.system) / elapsedMicroseconds,
        memoryBytes: process.memoryUsage.rss(),
      },
      host: {
        cpu: Math.min(1, Math.max(0, busy)),
        memoryUsedBytes: totalmem() - freemem(),
        memoryTotalBytes: totalmem(),
      },
      gpu: this.#gpu,
    };
  }
}

/** Returns the idle and the total time of all cores since the machine started, in milliseconds. */
function hostTimes(): { idle: number; total: number } {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, time) => sum + time.idle, 0);
  const total = times.reduce(
    (sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq,
    0,
  );
  return { idle, total };
}
