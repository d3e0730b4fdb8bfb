import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { limits } from '../src/limits.ts';
import { type HeapSize, HeapTrimmer, memoryEnvironment } from '../src/memory.ts';
import { afterTest } from './support/cleanup.ts';

const { heapCheckMs, heapGrowthBytes, heapGrowthShare, quietCpuShare } = limits;
/** A heap of which the share is less than `heapGrowthBytes`. */
const inUse = 20 * 1024 * 1024;

describe('the heap trimmer', () => {
  let cpuMs: number;
  let heap: HeapSize;
  let resolveCollection: () => void;
  let collections: number;
  let trimmer: HeapTrimmer;

  beforeEach(() => {
    jest.useFakeTimers();
    cpuMs = 5_000; // The start of the process has used more than an interval, which is no load.
    heap = { total: inUse, used: inUse };
    collections = 0;
    trimmer = new HeapTrimmer({
      limits,
      cpuMs: () => cpuMs,
      heapSize: () => heap,
      collect: () => {
        collections++;
        return new Promise((resolve) => {
          resolveCollection = resolve;
        });
      },
    });
  });
  afterEach(() => {
    trimmer.close();
    jest.useRealTimers();
  });

  /** Lets an interval pass in which the process uses a share of a core, and at whose end its heap has this size. */
  async function passInterval(cpuShare: number, total: number): Promise<void> {
    cpuMs += cpuShare * heapCheckMs;
    heap = { total, used: total };
    await jest.advanceTimersByTimeAsync(heapCheckMs);
  }

  /** Ends the collection that is running, which leaves this much in use. */
  async function endCollection(used: number): Promise<void> {
    heap = { total: heap.total, used };
    resolveCollection();
    await jest.advanceTimersByTimeAsync(0);
  }

  test('collects once the heap has grown since the start and the process is quiet', async () => {
    await passInterval(0.1, inUse + heapGrowthBytes - 1);
    expect(collections).toBe(0);
    await passInterval(0.1, inUse + heapGrowthBytes);
    expect(collections).toBe(1);
  });

  test('waits until high load is over', async () => {
    for (const cpuShare of [0.9, quietCpuShare]) await passInterval(cpuShare, 10 * inUse);
    expect(collections).toBe(0);
    await passInterval(quietCpuShare - 0.01, 10 * inUse);
    expect(collections).toBe(1);
  });

  test('measures the growth from what was in use after the last collection', async () => {
    await passInterval(0.1, inUse + heapGrowthBytes);
    await endCollection(inUse + 1);
    await passInterval(0.1, inUse + heapGrowthBytes);
    expect(collections).toBe(1);
    await passInterval(0.1, inUse + 1 + heapGrowthBytes);
    expect(collections).toBe(2);
  });

  test('collects again after a collection that freed much, until one frees little', async () => {
    await passInterval(0.1, 8 * inUse);
    await endCollection(4 * inUse); // What the next wave of load uses.
    await passInterval(0.9, 4 * inUse);
    expect(collections).toBe(1);
    await passInterval(0.1, 4 * inUse);
    expect(collections).toBe(2);
    await endCollection(inUse);
    await passInterval(0.1, inUse);
    expect(collections).toBe(3);
    await endCollection(inUse);
    await passInterval(0.1, inUse);
    expect(collections).toBe(3);
  });

  test('waits for a larger growth of a large heap, where a collection takes longer', async () => {
    const largeInUse = 10 * inUse;
    await passInterval(0.1, largeInUse * (1 + heapGrowthShare));
    await endCollection(largeInUse + 1);
    await passInterval(0.1, largeInUse * (1 + heapGrowthShare));
    expect(collections).toBe(1);
    await passInterval(0.1, (largeInUse + 1) * (1 + heapGrowthShare));
    expect(collections).toBe(2);
  });

  test('begins no collection before the last one has ended', async () => {
    for (const bytes of [4 * inUse, 8 * inUse]) await passInterval(0.1, bytes);
    expect(collections).toBe(1);
  });

  test('does nothing after it is closed', async () => {
    trimmer.close();
    await passInterval(0.1, 4 * inUse);
    expect(collections).toBe(0);
  });
});

test('V8 returns the garbage of high load to the system while the process goes on allocating', async () => {
  const program = fileURLToPath(new URL('support/garbage-maker.js', import.meta.url));
  const child = spawn(process.execPath, [program, 'trim'], { stdio: 'inherit' });
  afterTest(() => child.kill('SIGKILL'));
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test("the gateway's image sets the same memory options as npm start", () => {
  const dockerfile = readFileSync(new URL('../../../../Dockerfile', import.meta.url), 'utf8');
  for (const [name, value] of Object.entries(memoryEnvironment))
    expect(dockerfile).toContain(`${name}=${value}`);
});
