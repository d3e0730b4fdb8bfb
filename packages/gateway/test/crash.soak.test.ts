import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { connectLive, encode, type MonitorEvent, type WebSocketConstructor } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import type { Store } from '../src/store/store.ts';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { range } from './support/connection.ts';
import { freePort, type GatewayProcess, startProcess } from './support/process.ts';
import { ReconnectingPublisher } from './support/reconnecting-publisher.ts';

/** How often the gateway is killed. Before each kill, a copy of its files simulates a power cut. */
const kills = Number(process.env.KILLS ?? 100);
const runIds = ['a', 'b', 'c', 'd'];
/** The longest time between a start, a power cut and a kill: they hit every part of the gateway's work. */
const maxDelayMs = 400;

/** Returns the events of a run that is longer than the test. */
const longRun = (runId: string): MonitorEvent[] => sampleRun({ runId, epochs: 150, batchesPerEpoch: 200 });

async function eventsIn(store: Store, runId: string, from = 0): Promise<string[]> {
  const found: string[] = [];
  for (let after = from, more = true; more; ) {
    const page = await store.page(runId, { after, limit: 2_000 });
    found.push(...page.events.map(({ json }) => json));
    [after, more] = [page.through, page.more];
  }
  return found;
}

/** Copies what the disk would have after a power cut. The process is suspended, so that all files are of one moment. */
function copyDatabase(gateway: GatewayProcess, folder: string): string {
  const copy = temporaryFolder();
  gateway.child.kill('SIGSTOP');
  // The -shm file is memory shared between processes, which a power cut may lose: half of the copies have none.
  for (const name of ['monitor.db', 'monitor.db-wal', 'monitor.db-shm'])
    if (existsSync(join(folder, name)) && !(name.endsWith('-shm') && Math.random() < 0.5))
      copyFileSync(join(folder, name), join(copy, name));
  gateway.child.kill('SIGCONT');
  return copy;
}

test(
  `${kills} kills and power cuts under load: every acknowledged event is there, none twice, none left out`,
  async () => {
    const folder = temporaryFolder();
    const [port, ingestPort] = [await freePort(), await freePort()];
    const flags = [
      '--port',
      `${port}`,
      '--ingest-port',
      `${ingestPort}`,
      '--runs',
      folder,
      '--log-level',
      'error',
    ];
    const runs = new Map(runIds.map((runId) => [runId, longRun(runId)]));
    const expected = new Map([...runs].map(([runId, events]) => [runId, events.map(encode)]));
    let gateway = startProcess(flags);
    const { url, ingestUrl } = await gateway.listening;

    const publishers = [...runs].map(([runId, events]) => ({
      runId,
      publisher: new ReconnectingPublisher(ingestUrl, events),
    }));
    const load = setInterval(() => {
      for (const { publisher } of publishers) publisher.produce(Math.ceil(Math.random() * 3));
    }, 10);
    afterTest(() => clearInterval(load));

    while (publishers.some(({ publisher }) => publisher.acked === 0)) await delay(20);
    const seen: number[] = [];
    const viewer = connectLive({
      url: `${url.replace('http', 'ws')}/live`,
      run: 'a',
      // The viewer gets every event, however many it missed while the gateway restarted.
      complete: true,
      WebSocket: WebSocket as unknown as WebSocketConstructor,
      onEvent: ({ seq }) => seen.push(seq),
    });
    afterTest(() => viewer.close());

    let [cuts, lost] = [0, 0];
    /** Checks the newest events of each run. The older ones never change, and are checked at the end. */
    const checkNewest = async (store: Store, acked: ReadonlyMap<string, number>): Promise<void> => {
      for (const [runId, events] of expected) {
        const from = Math.max(0, acked.get(runId)! - 300);
        const found = await eventsIn(store, runId, from);
        expect(found).toEqual(events.slice(from, from + found.length));
        if (from + found.length < acked.get(runId)!) lost++;
      }
    };
    const ackedNow = () => new Map(publishers.map(({ runId, publisher }) => [runId, publisher.acked]));

    for (let kill = 1; kill <= kills; kill++) {
      await gateway.listening;
      await delay(Math.random() * maxDelayMs);
      const ackedAtCut = ackedNow();
      const cutFolder = copyDatabase(gateway, folder);
      const copy = await openSqliteStore(cutFolder);
      await checkNewest(copy, ackedAtCut);
      await copy.close();
      rmSync(cutFolder, { recursive: true });
      cuts++;

      await delay(Math.random() * maxDelayMs);
      gateway.child.kill('SIGKILL');
      await gateway.ended;
      const acked = ackedNow();
      gateway = startProcess(flags);
      await gateway.listening;
      for (const [runId, seq] of acked) {
        const response = await fetch(`${url}/api/runs/${runId}`);
        const lastSeq = response.ok ? ((await response.json()) as { lastSeq: number }).lastSeq : 0;
        if (lastSeq < seq) lost++;
      }
    }
    clearInterval(load);
    while (publishers.some(({ publisher }) => publisher.acked < publisher.produced)) await delay(20);
    const published = publishers.reduce((sum, { publisher }) => sum + publisher.produced, 0);
    while (seen.length < publishers[0]!.publisher.produced) await delay(20);
    gateway.child.kill('SIGTERM');
    await gateway.ended;

    const store = await openSqliteStore(folder);
    for (const { runId, publisher } of publishers)
      expect(await eventsIn(store, runId)).toEqual(expected.get(runId)!.slice(0, publisher.produced));
    await store.close();
    console.log(JSON.stringify({ kills, powerCuts: cuts, runs: runIds.length, events: published, lost }));
    expect(lost).toBe(0);
    expect(seen).toEqual(range(1, publishers[0]!.publisher.produced));
  },
  kills * 20_000 + 60_000,
);
