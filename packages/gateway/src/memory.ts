import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import type { Limits } from './limits.ts';

/**
 * Environment variables for a process of the gateway, which make glibc return freed memory. By default, a block that is smaller
 * than the largest one freed so far lies between other blocks and leaves a gap when it is freed, in up to eight arenas a core.
 * With these settings, each block of at least 64 KiB, the size in which Node.js reads sockets and files, is mapped by itself and
 * returned when it is freed. glibc reads these variables only when a process starts; other C libraries ignore them.
 */
export const memoryEnvironment = {
  GLIBC_TUNABLES: [`glibc.malloc.mmap_threshold=${64 * 1024}`, 'glibc.malloc.arena_max=2'].join(':'),
};

/** Sizes of V8's heap, in bytes. */
export interface HeapSize {
  /** The memory that V8 has from the system. */
  total: number;
  /** The size of all objects, garbage included. */
  used: number;
}

export interface HeapTrimmerOptions {
  limits: Pick<Limits, 'heapCheckMs' | 'heapGrowthBytes' | 'heapGrowthShare' | 'quietCpuShare'>;
  /** Returns the processor time of this process since its start, in milliseconds. */
  cpuMs?: () => number;
  /** Returns the size of V8's heap. */
  heapSize?: () => HeapSize;
  /** Makes V8 collect all garbage and return unused memory to the system. Resolves at the end of the collection. */
  collect?: () => Promise<void>;
}

/**
 * Returns unused memory of V8's heap to the system when the process is quiet again after high load.
 *
 * V8 lets a heap grow to as much as four times what was in use before it collects garbage, keeps pages that become empty, and
 * returns memory only in a process that is nearly idle, which a gateway with a publisher is not.
 */
export class HeapTrimmer {
  readonly #timer: NodeJS.Timeout;

  constructor(options: HeapTrimmerOptions) {
    const { limits, cpuMs = processCpuMs, heapSize = v8HeapSize, collect = collectInSteps } = options;
    let previous = { cpuMs: cpuMs(), atMs: performance.now() };
    let usedBytes = heapSize().total;
    let freedBytes = 0;
    let isCollecting = false;
    this.#timer = setInterval(async () => {
      const current = { cpuMs: cpuMs(), atMs: performance.now() };
      const isQuiet = current.cpuMs - previous.cpuMs < limits.quietCpuShare * (current.atMs - previous.atMs);
      previous = current;
      const { total } = heapSize();
      // A collection that freed much may have run between two waves of load, when much of the first was still in use.
      const gain = Math.max(total - usedBytes, freedBytes);
      const isWorthIt = gain >= Math.max(limits.heapGrowthBytes, limits.heapGrowthShare * usedBytes);
      if (!isQuiet || !isWorthIt || isCollecting) return;
      isCollecting = true;
      await collect();
      isCollecting = false;
      // Not the new total: V8 returns the empty pages a moment later.
      usedBytes = heapSize().used;
      freedBytes = total - usedBytes;
    }, limits.heapCheckMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Returns the size of V8's heap in this thread. */
export function v8HeapSize(): HeapSize {
  const { total_heap_size: total, used_heap_size: used } = getHeapStatistics();
  return { total, used };
}

/** Size of a buffer that makes V8 begin a collection: it does when buffers have grown by more than 64 MiB since the last one. */
const bufferBytesOfCollection = 65 * 1024 * 1024;

/**
 * Begins a collection as V8 begins its own: it marks what is in use in steps and on other threads, and stops the event loop only at
 * the end. `gc()` would stop it for all of the work.
 */
function collectInSteps(): Promise<void> {
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      // The types of Node.js lack the details of these entries.
      const entries = list.getEntries() as (PerformanceEntry & { detail: { kind: number } })[];
      if (!entries.some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ entryTypes: ['gc'] });
    // A collection that begins with this flag also returns all unused memory. The flag is not for the command line, where it
    // would also limit the space for new objects to 1 MB.
    setFlagsFromString('--optimize-for-size');
    try {
      // The system provides memory for a buffer only when it is written to.
      new ArrayBuffer(bufferBytesOfCollection);
    } catch {
      // The process may not have so much address space. Then `collectInSteps` resolves at the next collection that V8 begins.
    } finally {
      setFlagsFromString('--no-optimize-for-size');
    }
  });
}
