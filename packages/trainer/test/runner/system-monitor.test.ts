import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SystemData } from '../../src/event-data.ts';

/** The times of the cores in milliseconds, each of one core. */
let cores: { user: number; nice: number; sys: number; idle: number; irq: number }[] = [];
jest.unstable_mockModule('node:os', () => ({
  cpus: () => cores.map((times) => ({ times })),
  freemem: () => 300,
  totalmem: () => 1_000,
}));
const { SystemMonitor } = await import('../../src/runner/system-monitor.ts');

const noTimes = { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 };

describe('SystemMonitor', () => {
  let now: number;
  let used: number;
  beforeEach(() => {
    [now, used, cores] = [0, 0, [noTimes, noTimes]];
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    jest.spyOn(process, 'cpuUsage').mockImplementation((since) => ({
      user: (used * 2) / 3 - (since?.user ?? 0),
      system: used / 3 - (since?.system ?? 0),
    }));
  });
  afterEach(() => void jest.restoreAllMocks());
  const create = (readGpu: () => Promise<SystemData['gpu']> = async () => null) => new SystemMonitor(readGpu);

  test('reports the load of the process in busy cores, and that of the machine, since the reading before', () => {
    const monitor = create();
    [now, used] = [2_000, 3_000_000];
    cores = [
      { user: 1_000, nice: 200, sys: 200, idle: 500, irq: 100 },
      { ...noTimes, user: 1_000, idle: 1_000 },
    ];
    expect(monitor.read()).toMatchObject({
      process: { cpu: expect.closeTo(1.5, 6) },
      host: { cpu: 0.625, memoryUsedBytes: 700, memoryTotalBytes: 1_000 },
    });
    [now, used] = [3_000, 3_500_000];
    cores = [cores[0]!, { ...noTimes, user: 1_000, idle: 2_000 }];
    expect(monitor.read()).toMatchObject({ process: { cpu: expect.closeTo(0.5, 6) }, host: { cpu: 0 } });
  });

  test('keeps the load of the machine between 0 and 1 when the system counts inexactly', () => {
    const monitor = create();
    cores = [{ ...noTimes, idle: -10, user: 20 }];
    expect(monitor.read().host.cpu).toBe(1);
    cores = [{ ...noTimes, idle: 90, user: 0 }];
    expect(monitor.read().host.cpu).toBe(0);
  });

  test('reports finite loads for two readings at the same moment', () => {
    const monitor = create();
    used = 5;
    const { process, host } = monitor.read();
    expect([process.cpu, host.cpu]).toEqual([expect.closeTo(5, 6), 1]);
  });

  test('reports what the GPU was doing at the reading before', async () => {
    const gpu = { load: 0.5 } as SystemData['gpu'];
    const monitor = create(async () => gpu);
    expect(monitor.read().gpu).toBeNull();
    await new Promise(setImmediate);
    expect(monitor.read().gpu).toBe(gpu);
  });
});
