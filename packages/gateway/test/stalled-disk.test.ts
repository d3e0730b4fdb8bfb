import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { toNewEvent } from '../src/store/store.ts';
import { temporaryFolder } from './support/cleanup.ts';
import { connect, range, seqsOf } from './support/connection.ts';
import { rawEvent } from './support/events.ts';
import { startGateway } from './support/gateway.ts';
import { ReconnectingPublisher } from './support/reconnecting-publisher.ts';
import { openStallableStore } from './support/stallable-store.ts';
import { until } from './support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });
const earlier = sampleRun({ runId: 'earlier' });

/** Starts a gateway with an earlier run, and a viewer and a publisher of a run whose first 10 events are stored. */
async function setUp() {
  const runs = temporaryFolder();
  const disk = await openStallableStore(runs);
  await disk.store.append('earlier', earlier.map(toNewEvent));
  const limits = { storeStallMs: 100, storeCheckMs: 20, heartbeatMs: 20, statusIntervalMs: 20 };
  const gateway = await startGateway({ runs, store: disk.store, limits });
  const publisher = new ReconnectingPublisher(gateway.ingestUrl, run);
  publisher.produce(10);
  await until(() => publisher.acked === 10);
  const viewer = await connect(`${gateway.liveUrl}?run=a`);
  await viewer.until(({ type }) => type === 'live');
  const get = async (path: string) => {
    const answer = await fetch(`${gateway.url}${path}`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return { runs, disk, gateway, publisher, viewer, get };
}

describe('a disk that does not respond', () => {
  test('delays only new events: heartbeats, statuses, history and every route that reads still work (S-49)', async () => {
    const { disk, gateway, publisher, viewer, get } = await setUp();
    disk.hold();
    publisher.produce(5);
    await disk.untilHeld();

    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/api/runs')).body.total).toBe(2);
    expect((await get('/api/runs/earlier/events?limit=2000')).body.events).toHaveLength(earlier.length);
    expect((await get('/api/runs/earlier/series')).status).toBe(200);
    const { events } = (await get('/api/runs/a/events')).body as { events: { seq: number }[] };
    expect(events.map(({ seq }) => seq)).toEqual(range(1, 10));

    const other = await connect(`${gateway.liveUrl}?run=earlier&after=0`);
    expect(seqsOf(await other.until(({ type }) => type === 'live'))).toEqual(range(1, earlier.length));
    const hasTwoViewers = (message: Record<string, unknown>) =>
      message.type === 'status' && message.viewers === 2;
    const seen = await viewer.until(hasTwoViewers);
    seen.push(...(await viewer.until(({ type }) => type === 'heartbeat')));
    expect(seqsOf(seen)).toEqual([]);
    expect(publisher.acked).toBe(10);

    disk.release();
    const rest = await viewer.until(({ seq }) => seq === 15);
    expect(seqsOf(rest)).toEqual(range(11, 15));
    await until(() => publisher.acked === 15);
  });

  test('is reported by /readyz and to viewers after a while, and its recovery at once (S-49)', async () => {
    const { disk, publisher, viewer, get } = await setUp();
    disk.hold();
    publisher.produce(5);
    await disk.untilHeld();
    const { status, body } = await get('/readyz');
    expect([status, body.code]).toEqual([503, 'store.stalled']);
    const states = await viewer.until(({ type }) => type === 'store');
    expect(states.at(-1)).toMatchObject({
      state: 'failing',
      message: 'The database has not responded for seconds; new events wait for it.',
    });
    disk.release();
    expect((await viewer.until(({ type }) => type === 'store')).at(-1)).toMatchObject({ state: 'ok' });
    expect((await get('/readyz')).status).toBe(200);
  });
});

describe('the thread that writes the database', () => {
  test('is a failure of the store with its own code when it ends, and is started again', async () => {
    const { runs, disk, publisher, viewer, get } = await setUp();
    disk.hold();
    publisher.produce(5);
    await disk.untilHeld();
    disk.crash();
    const states = await viewer.until(({ type }) => type === 'store');
    expect(states.at(-1)).toMatchObject({
      state: 'failing',
      message: 'The thread of the gateway that reads or writes the database has ended; it is started again.',
    });
    const { status, body } = await get('/readyz');
    expect([status, body.code]).toEqual([503, 'store.crashed']);
    disk.release();
    while ((await get('/readyz')).status !== 200);
    publisher.produce(run.length);
    await until(() => publisher.acked === run.length);
    const seen = [...states, ...(await viewer.until(({ type }) => type === 'run.finished'))];
    expect(seqsOf(seen)).toEqual(range(11, run.length));
    await expect(openSqliteStore(runs)).rejects.toMatchObject({ code: 'store.in_use' });
  });

  test('commits what has arrived from all publishers in one transaction', async () => {
    const { store, hold, release, commits, untilHeld } = await openStallableStore(temporaryFolder());
    hold();
    const before = commits();
    const first = store.append('first', [rawEvent(1, '{}')]);
    await untilHeld();
    const names = range(1, 20).map((index) => `run-${index}`);
    const appended = names.map((name) => store.append(name, [rawEvent(1, '{}')]));
    const withGap = store.append('gap', [rawEvent(2, '{}')]);
    release();
    await expect(withGap).rejects.toThrow('expected events to follow seq 0 without gaps, got seq 2');
    expect(await Promise.all([first, ...appended])).toEqual(Array(21).fill(1));
    expect(commits() - before).toBe(2);
    expect(await store.lastSeq('gap')).toBe(0);
  });

  test('is sent at most 8 MB at a time, so that few events are in memory twice while the disk does not respond', async () => {
    const { store, hold, release, commits, untilHeld } = await openStallableStore(temporaryFolder());
    hold();
    const before = commits();
    const appended = range(1, 20).map((index) =>
      store.append(`run-${index}`, [rawEvent(1, JSON.stringify('x'.repeat(1024 * 1024)))]),
    );
    await untilHeld();
    release();
    expect(await Promise.all(appended)).toEqual(Array(20).fill(1));
    expect(commits() - before).toBeGreaterThanOrEqual(3);
  });
});
