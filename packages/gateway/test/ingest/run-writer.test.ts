import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { RunWriter } from '../../src/ingest/run-writer.ts';
import { limits as standardLimits } from '../../src/limits.ts';
import { Hub } from '../../src/live/hub.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';
import { MemoryStore } from '../support/memory-store.ts';

const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 20 }).map(toNewEvent);
const bytes = (count: number): number => run.slice(0, count).reduce((sum, { json }) => sum + json.length, 0);

async function setUp(limits: { commitEvents?: number; uncommittedBytes?: number } = {}) {
  const store = new MemoryStore();
  const hub = await Hub.open(store, standardLimits);
  const commits: number[] = [];
  const published: number[] = [];
  const pressure: boolean[] = [];
  const failures: unknown[] = [];
  (await hub.channel('a')).subscribe({
    onEvents: ({ first, last }) => published.push(...range(first, last)),
    onRemoved() {},
  });
  const writer = new RunWriter({
    runId: 'a',
    stream: 'stream-1',
    lastSeq: 0,
    version: 1,
    store,
    hub,
    limits: { commitIntervalMs: 1, commitEvents: 1_000, uncommittedBytes: 1e6, ...limits },
    onCommit: (seq) => commits.push(seq),
    onBackpressure: (isHigh) => pressure.push(isHigh),
    onFailure: (error) => failures.push(error),
  });
  return { store, writer, commits, published, pressure, failures };
}

describe('a run writer', () => {
  test('commits the events of one turn together, and publishes them', async () => {
    const { writer, commits, published } = await setUp();
    for (const event of run) writer.add(event);
    expect(writer.lastSeq).toBe(run.length);
    await writer.settled();
    expect(commits).toEqual([run.length]);
    expect(published).toEqual(range(1, run.length));
  });

  test('commits no more than its limit at a time', async () => {
    const { writer, commits, published } = await setUp({ commitEvents: 10 });
    for (const event of run.slice(0, 24)) writer.add(event);
    await writer.settled();
    expect(commits).toEqual([10, 20, 24]);
    expect(published).toEqual(range(1, 24));
  });

  test('reports backpressure once when too much waits, and its end once when half of that is written (P-248, S-41)', async () => {
    const { writer, pressure } = await setUp({ commitEvents: 1, uncommittedBytes: bytes(8) });
    for (const event of run.slice(0, 8)) writer.add(event);
    expect(pressure).toEqual([]);
    for (const event of run.slice(8, 10)) writer.add(event);
    expect(pressure).toEqual([true]);
    await writer.settled();
    expect(pressure).toEqual([true, false]);
  });

  test('acknowledges again on request, without a write', async () => {
    const { store, writer, commits } = await setUp();
    for (const event of run.slice(0, 3)) writer.add(event);
    await writer.settled();
    store.append = () => Promise.reject(new Error('expected no call'));
    writer.acknowledge();
    writer.acknowledge();
    await writer.settled();
    expect(commits).toEqual([3, 3]);
  });

  test('acknowledges and publishes nothing that the store did not write (P-21, S-47)', async () => {
    const { store, writer, commits, published, failures } = await setUp();
    store.append = () => Promise.reject(new Error('disk full'));
    writer.add(run[0]!);
    await writer.settled();
    expect(failures).toEqual([new Error('disk full')]);
    expect([commits, published]).toEqual([[], []]);
  });

  test('publishes the version that the run needs, from its first event of version 2 on', async () => {
    const versions: number[] = [];
    const hub = {
      pausesUntil: 0,
      publish: (...[, , , version]: Parameters<Hub['publish']>) => void versions.push(version),
    };
    const writer = new RunWriter({
      ...{ runId: 'a', stream: 'stream-1', lastSeq: 0, version: 1, hub, store: new MemoryStore() },
      limits: { commitIntervalMs: 0, commitEvents: 1, uncommittedBytes: 1e6 },
      ...{ onCommit() {}, onBackpressure() {}, onFailure() {} },
    });
    for (const event of [run[0]!, { ...run[1]!, version: 2 as const }, run[2]!]) writer.add(event);
    await writer.settled();
    expect(versions).toEqual([1, 2, 2]);
  });

  describe('waits before a commit', () => {
    /** Commits three events, each added when the one before is committed. Returns when each commit began. */
    async function commitTimes(limits: { commitIntervalMs: number }, pauseMs = 0): Promise<number[]> {
      const times: number[] = [];
      const hub = {
        pausesUntil: 0,
        publish() {
          hub.pausesUntil = performance.now() + pauseMs;
        },
      };
      const writer = new RunWriter({
        ...{ runId: 'a', stream: 'stream-1', lastSeq: 0, version: 1 as const, hub },
        store: {
          append: async (_runId, events) => {
            times.push(performance.now());
            return events.at(-1)!.seq;
          },
        },
        limits: { commitEvents: 1_000, uncommittedBytes: 1e6, ...limits },
        onCommit: (seq) => seq < 3 && writer.add(run[seq]!),
        onBackpressure() {},
        onFailure() {},
      });
      writer.add(run[0]!);
      await writer.settled();
      return times;
    }

    /** Timers may fire a millisecond early on the clock of `performance.now()`. */
    const earlyMs = 2;

    test('until an interval after the last one began', async () => {
      const times = await commitTimes({ commitIntervalMs: 30 });
      expect(times).toHaveLength(3);
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(30 - earlyMs);
      expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(30 - earlyMs);
    });

    test('until the pause after publishing has ended', async () => {
      const times = await commitTimes({ commitIntervalMs: 1 }, 30);
      expect(times).toHaveLength(3);
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(30 - earlyMs);
      expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(30 - earlyMs);
    });
  });
});
