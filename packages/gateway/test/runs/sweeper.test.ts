import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MonitorError, type MonitorEvent } from '@mnist-monitor/shared';
import type { RetentionPolicy } from '@mnist-monitor/shared/options';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { limits } from '../../src/limits.ts';
import { Hub } from '../../src/live/hub.ts';
import { Publishers } from '../../src/presence/publishers.ts';
import { RunFolders } from '../../src/runs/run-folders.ts';
import { RunSummaries } from '../../src/runs/run-summaries.ts';
import { Sweeper } from '../../src/runs/sweeper.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { startGateway } from '../support/gateway.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { publish } from '../support/publisher.ts';

const run = (runId: string, day: number): MonitorEvent[] =>
  sampleRun({ runId, epochs: 1, batchesPerEpoch: 5, startedAt: new Date(Date.UTC(2026, 0, day)) });

/** Starts a gateway with the runs `a` to `e` of successive days. `b` is pinned, and `d` has a folder of 5 MB. */
async function gatewayThatKeeps(keep: RetentionPolicy | undefined) {
  const runs = temporaryFolder();
  const store = await openSqliteStore(runs);
  for (const [index, runId] of ['a', 'b', 'c', 'd', 'e'].entries())
    await store.append(runId, run(runId, index + 1).map(toNewEvent));
  await store.annotate('b', { pinned: true });
  mkdirSync(join(runs, 'd'));
  writeFileSync(join(runs, 'd', 'events.jsonl'), `{"v":1,"runId":"d","seq":1}`.padEnd(5e6));
  const gateway = await startGateway({
    runs,
    store,
    limits: { sweepIntervalMs: 10 },
    ...(keep ? { keep } : {}),
  });
  const listed = async (): Promise<string[]> => (await store.runs({ limit: 10 })).map(({ runId }) => runId);
  return { runs, store, gateway, listed };
}

/** Resolves when the expected runs are listed. Only the time limit of the test ends the wait otherwise. */
async function untilListed(listed: () => Promise<string[]>, expected: string[]): Promise<void> {
  while (JSON.stringify(await listed()) !== JSON.stringify(expected))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('the retention policy', () => {
  test('keeps everything by default', async () => {
    const { listed } = await gatewayThatKeeps(undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await listed()).toHaveLength(5);
  });

  test.each<[RetentionPolicy, string[]]>([
    [{ runs: 3 }, ['e', 'd', 'b']],
    [{ ageMs: 1 }, ['b']],
    [{ bytes: 1e6 }, ['e', 'b']],
    [{ runs: 100, bytes: 1e9 }, ['e', 'd', 'c', 'b', 'a']],
  ])('is applied, and pinned runs are kept: %p leaves %p', async (keep, left) => {
    const { runs, listed } = await gatewayThatKeeps(keep);
    await untilListed(listed, left);
    // The folder is removed when its run is; everything else is kept.
    while (existsSync(join(runs, 'd')) !== left.includes('d'))
      await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await listed()).toEqual(left);
  });

  test('is applied again when a run ends, and a run that continues is kept', async () => {
    const { gateway, listed } = await gatewayThatKeeps({ runs: 1 });
    await untilListed(listed, ['b']);
    const publisher = await publish(gateway.ingestUrl, run('f', 6).slice(0, 4));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await listed()).toEqual(['f', 'b']);
    publisher.send(run('f', 6).slice(4));
    await publisher.acked(run('f', 6).length);
    expect(await listed()).toEqual(['f', 'b']);
    publisher.connection.socket.close();
    await untilListed(listed, ['b']);
  });
});

describe('a sweep', () => {
  /** Starts the sweeper over the runs `a` to `c`, of which it keeps one, and collects the lines of its log. */
  async function start(prepare: (store: MemoryStore, folders: RunFolders) => unknown = () => {}) {
    const store = new MemoryStore();
    for (const runId of ['a', 'b', 'c']) await store.append(runId, run(runId, 1).map(toNewEvent));
    const folders = new RunFolders(temporaryFolder(), limits);
    await prepare(store, folders);
    const log: string[] = [];
    const add = (_details: object, line: string): void => void log.push(line);
    const sweeper = new Sweeper({
      ...{ store, folders, hub: await Hub.open(store, limits), keep: { runs: 1 }, sweepIntervalMs: 5 },
      runs: new RunSummaries({ store, folders, publishers: new Publishers(), limits }),
      log: { info: add, warn: add, error: add } as never,
    });
    afterTest(() => sweeper.close());
    const listed = async (): Promise<string[]> => (await store.runs({ limit: 10 })).map(({ runId }) => runId);
    return { listed, log, sweeper };
  }

  test('removes the oldest runs, and logs each', async () => {
    const { listed, log } = await start();
    await untilListed(listed, ['c']);
    while (log.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(log).toEqual(Array(2).fill('removed a run that the retention policy does not keep'));
  });

  test('leaves a run whose folder a trainer uses', async () => {
    const { listed } = await start((_store, folders) => {
      folders.isHeld = async (runId) => runId === 'a';
    });
    await untilListed(listed, ['c', 'a']);
  });

  test.each([
    ['repeated after an internal error, which is logged', new TypeError('an internal error'), true],
    ['repeated after a failure of the store', new MonitorError('store.failing', 'the disk fails'), false],
  ])('is %s', async (_what, error, isLogged) => {
    const { listed, log } = await start((store) => {
      const remove = store.remove.bind(store);
      store.remove = async () => {
        store.remove = remove;
        throw error;
      };
    });
    await untilListed(listed, ['c']);
    expect(log.includes('old runs could not be removed')).toBe(isLogged);
  });

  test('ends when the gateway is closed', async () => {
    const { listed, sweeper } = await start((store) => {
      const remove = store.remove.bind(store);
      store.remove = (runId) => {
        sweeper.close();
        return remove(runId);
      };
    });
    await untilListed(listed, ['c', 'b']);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await listed()).toEqual(['c', 'b']);
  });
});
