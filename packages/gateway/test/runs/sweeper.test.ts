import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import type { RetentionPolicy } from '@mnist-monitor/shared/options';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/cleanup.ts';
import { startGateway } from '../support/gateway.ts';
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
