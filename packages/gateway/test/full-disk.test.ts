import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { type Store, toNewEvent } from '../src/store/store.ts';
import { rawEvent } from './support/events.ts';
import { startGateway } from './support/gateway.ts';
import { publish } from './support/publisher.ts';
import { canMount, smallDisk } from './support/small-disk.ts';

const run = sampleRun({ runId: 'a' });

const large = (seq: number) => rawEvent(seq, JSON.stringify('x'.repeat(1_000_000)));

async function fill(store: Store): Promise<void> {
  for (let seq = (await store.lastSeq('filler')) + 1; ; seq++) await store.append('filler', [large(seq)]);
}

const works = (store: Store): Promise<boolean> =>
  store.check().then(
    () => true,
    () => false,
  );

(canMount() ? test : test.skip)(
  'a gateway whose disk is full works again after a run is deleted with its folder (S-51)',
  async () => {
    const runs = smallDisk('24m');
    const store = await openSqliteStore(runs);
    await store.append('a', run.map(toNewEvent));
    const folder = join(runs, 'a');
    mkdirSync(folder);
    writeFileSync(join(folder, 'events.jsonl'), `{"v":1,"runId":"a","seq":1}`.padEnd(4_000_000));
    const gateway = await startGateway({ runs, store, limits: { storeCheckMs: 20 } });
    const ready = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;
    // This check creates the reserve, as the gateway's own check does after some seconds.
    await store.append('filler', [large(1)]);
    await store.check();
    // Several times, emptying the write-ahead log makes room for more events.
    while (await works(store)) await expect(fill(store)).rejects.toMatchObject({ code: 'store.full' });
    while ((await ready()) === 200) await new Promise((resolve) => setTimeout(resolve, 10));
    const answer = await fetch(`${gateway.url}/api/runs/a`, { method: 'DELETE' });
    expect(await answer.json()).toEqual({ runId: 'a', folder: 'removed' });
    while ((await ready()) !== 200) await new Promise((resolve) => setTimeout(resolve, 10));
    await publish(gateway.ingestUrl, sampleRun({ runId: 'b' }));
  },
);
