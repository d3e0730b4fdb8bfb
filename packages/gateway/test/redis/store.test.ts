import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { keys } from '../../src/redis/scripts.ts';
import { RedisStore } from '../../src/redis/store.ts';
import { SeqGapError } from '../../src/store/event-rules.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { storeSuite } from '../store/store-suite.ts';
import { afterTest } from '../support/cleanup.ts';
import { asStored, largeEvents } from '../support/events.ts';
import { connectionTo, describeRedis, emptyRedis, startRedis, type TestRedis } from '../support/redis.ts';

const stored = sampleRun({ runId: 'a' }).map(toNewEvent);

async function openStore(redis: TestRedis, timeoutMs?: number): Promise<RedisStore> {
  const store = new RedisStore({ connection: await connectionTo(redis, timeoutMs), gatewayId: 'gateway-1' });
  afterTest(() => store.close());
  return store;
}

/** Resolves when the store works again. */
async function untilWorking(store: RedisStore): Promise<void> {
  const fails = (): Promise<boolean> =>
    store.check().then(
      () => false,
      () => true,
    );
  while (await fails()) await delay(10);
}

describeRedis('Redis', () => {
  storeSuite('as a store', async () => openStore(await emptyRedis()));

  test('contains every acknowledged event when it was killed and started again', async () => {
    const redis = await startRedis();
    const store = await openStore(redis);
    await store.append('a', stored);
    await store.annotate('a', { title: 'First', pinned: true });
    await redis.stop('SIGKILL');
    await expect(store.lastSeq('a')).rejects.toMatchObject({ code: 'store.failing' });
    await redis.start();
    const again = await openStore(redis);
    expect((await again.page('a', { after: 0, limit: 1_000 })).events).toEqual(asStored(stored));
    expect(await again.summary('a')).toMatchObject({ title: 'First', pinned: true });
  });

  test('with the runs of a gateway without streams gives each run a stream when it is read or written (P-111)', async () => {
    const redis = await emptyRedis();
    const store = await openStore(redis);
    const runs = ['a', 'b', 'c', 'd'];
    for (const runId of runs) await store.append(runId, stored.slice(0, 3));
    const client = await redis.client();
    afterTest(() => client.close());
    for (const runId of runs) expect(await client.hDel(keys.run(runId), 'stream')).toBe(1);

    const others = [await openStore(redis), await openStore(redis)];
    const read = await Promise.all(others.map((other) => other.position('a')));
    expect(read[0]).toEqual({
      stream: expect.stringMatching(/^[0-9a-f]{12}-[0-9a-f]{8}$/),
      lastSeq: 3,
      version: 1,
    });
    expect(read[1]).toEqual(read[0]);
    expect((await others[0]!.page('b', { after: 0, limit: 9 })).stream).toBe(
      (await others[1]!.position('b'))?.stream,
    );
    expect((await others[0]!.summary('c'))?.stream).toBe((await others[1]!.position('c'))?.stream);
    expect(await others[0]!.append('d', stored.slice(3, 4))).toBe(4);
    expect((await others[1]!.summary('d'))?.stream).toBe((await others[0]!.position('d'))?.stream);
    expect(await client.hGet(keys.run('d'), 'stream')).toMatch(/^[0-9a-f]{12}-[0-9a-f]{8}$/);
  });

  test('without the names of metrics, as an older gateway stored them, leaves them out of the summary', async () => {
    const redis = await emptyRedis();
    const store = await openStore(redis);
    const client = await redis.client();
    afterTest(() => client.close());
    const events = sampleRunOfVersion2('b').map(toNewEvent);
    await store.append('a', stored.slice(0, 3));
    await store.append('b', events.slice(0, 2));
    for (const runId of ['a', 'b']) expect(await client.hDel(keys.run(runId), 'metricNames')).toBe(1);
    const again = await openStore(redis);
    // A run that fits version 1 has none; when it goes on in version 2, they are collected.
    expect((await again.summary('a'))?.metricNames).toEqual([]);
    const metric = { ...events[1]!.event, runId: 'a', seq: 4 };
    await again.append('a', [toNewEvent(metric)]);
    expect((await again.summary('a'))?.metricNames).toEqual(['perplexity', 'grad/norm']);
    expect(await again.summary('b')).not.toHaveProperty('metricNames');
    await again.append('b', events.slice(2));
    expect(await again.summary('b')).not.toHaveProperty('metricNames');
  });

  test('leaves out what is no event of a run, and names the seqs of events that cannot be read', async () => {
    const redis = await emptyRedis();
    const store = await openStore(redis);
    await store.append('a', stored.slice(0, 3));
    const client = await redis.client();
    afterTest(() => client.close());
    await client.xAdd(keys.events('a'), '3-7', { type: 'batch', json: '{}' });
    await client.xAdd(keys.events('a'), '4-0', { type: 'batch', json: '{' });
    await client.xAdd(keys.events('a'), '5-0', { json: stored[4]!.json });
    await client.xAdd(keys.events('a'), '6-0', { type: 'batch', json: stored[5]!.json });
    await client.hSet(keys.run('a'), 'lastSeq', '6');
    const { events, unreadable, through, more } = await store.page('a', { after: 0, limit: 9 });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 6]);
    expect({ unreadable, through, more }).toEqual({ unreadable: [4, 5], through: 6, more: false });
  });

  test('has the summary of a run in memory until the run has changed', async () => {
    const store = await openStore(await emptyRedis());
    await store.append('a', stored.slice(0, 2));
    const first = await store.summary('a');
    expect(await store.summary('a')).toBe(first);
    await store.append('a', stored.slice(2, 3));
    expect(await store.summary('a')).not.toBe(first);
  });

  test('lists a run whose key another program has changed, and fails when a user may not read the keys', async () => {
    const redis = await startRedis();
    const store = await openStore(redis);
    for (const runId of ['a', 'b']) await store.append(runId, stored.slice(0, 1));
    await store.annotate('a', { pinned: true });
    await store.annotate('b', { pinned: true });
    const client = await redis.client();
    afterTest(() => client.close());
    await client.set(keys.run('b'), 'a text');
    const listed = await store.runs({ limit: 9 });
    expect(listed.map(({ runId, pinned }) => [runId, pinned])).toEqual([
      ['b', false],
      ['a', true],
    ]);
    await client.sendCommand(['ACL', 'SETUSER', 'default', '-hget']);
    await expect(store.runs({ limit: 9 })).rejects.toMatchObject({ code: 'store.read_only' });
  });

  test('names the gap that an append would leave', async () => {
    const store = await openStore(await emptyRedis());
    await store.append('a', stored.slice(0, 3));
    await expect(store.append('a', stored.slice(4, 6))).rejects.toThrow(
      'expected events to follow seq 3 without gaps, got seq 5',
    );
    expect(await store.append('a', stored.slice(3, 6))).toBe(6);
    expect(await store.append('a', [])).toBe(6);
  });

  test('can be read when its memory is full', async () => {
    const redis = await startRedis(['--maxmemory-policy', 'noeviction']);
    const store = await openStore(redis);
    await store.append('a', stored.slice(0, 3));
    const client = await redis.client();
    afterTest(() => client.close());
    await client.configSet('maxmemory', '1');
    await expect(store.append('a', stored.slice(3, 4))).rejects.toMatchObject({ code: 'store.full' });
    expect((await store.position('a'))?.lastSeq).toBe(3);
    expect((await store.page('a', { after: 0, limit: 9 })).events).toHaveLength(3);
    expect((await store.summary('a'))?.lastSeq).toBe(3);
  });

  test('is not summarized from memory after it lost its data, although the numbers of changes begin again', async () => {
    const redis = await emptyRedis();
    const store = await openStore(redis);
    await store.append('a', stored.slice(0, 3));
    const before = await store.summary('a');
    const client = await redis.client();
    afterTest(() => client.close());
    await client.flushAll();
    await store.append('a', stored.slice(0, 2));
    const after = await store.summary('a');
    expect([before?.lastSeq, after?.lastSeq]).toEqual([3, 2]);
    expect(after?.stream).not.toBe(before?.stream);
  });

  test('is used again when it was restarted, without a restart of the gateway', async () => {
    const redis = await startRedis();
    const store = await openStore(redis);
    await store.append('a', stored.slice(0, 2));
    await redis.stop();
    await expect(store.check()).rejects.toMatchObject({ code: 'store.failing' });
    await redis.start();
    await untilWorking(store);
    expect(await store.append('a', stored.slice(0, 4))).toBe(4);
  });

  test('that does not answer times out, and nothing is duplicated when it does', async () => {
    const redis = await startRedis();
    const store = await openStore(redis, 1_000);
    await store.append('a', stored.slice(0, 2));
    redis.freeze();
    await expect(store.append('a', stored.slice(2, 4))).rejects.toMatchObject({ code: 'store.failing' });
    await expect(store.check()).rejects.toMatchObject({ code: 'store.failing' });
    redis.thaw();
    await untilWorking(store);
    expect(await store.append('a', stored.slice(2, 6))).toBe(6);
    expect((await store.page('a', { after: 0, limit: 100 })).events).toEqual(asStored(stored.slice(0, 6)));
  });

  test('fails its check exactly when an append fails: each command that the user may not run is named', async () => {
    const redis = await startRedis();
    const store = await openStore(redis);
    const client = await redis.client();
    afterTest(() => client.close());
    await client.sendCommand(['ACL', 'SETUSER', 'default', '-xadd', '-publish']);
    await expect(store.append('a', stored)).rejects.toMatchObject({ code: 'store.read_only' });
    await expect(store.check()).rejects.toMatchObject({
      code: 'store.read_only',
      message: expect.stringMatching(/^the user lacks permissions at Redis at unix:\S+ \(XADD, PUBLISH\)$/),
    });
    await client.sendCommand(['ACL', 'SETUSER', 'default', '+@all']);
    await store.check();
  });

  test('reports once that all data was lost, and accepts the events again', async () => {
    const redis = await emptyRedis();
    const [one, other] = [await openStore(redis), await openStore(redis)];
    await Promise.all([one.check(), other.check()]);
    await one.append('a', stored.slice(0, 4));
    const client = await redis.client();
    afterTest(() => client.close());
    await client.flushAll();
    await expect(one.append('a', stored.slice(4, 6))).rejects.toMatchObject({ code: 'store.vanished' });
    await expect(other.check()).rejects.toMatchObject({ code: 'store.vanished' });
    await Promise.all([one.check(), other.check()]);
    await expect(one.append('a', stored.slice(4, 6))).rejects.toBeInstanceOf(SeqGapError);
    expect(await one.append('a', stored.slice(0, 4))).toBe(4);
  });

  test.each(['run', 'events'])(
    'removes a run, and accepts it again, although its key for `%s` was evicted',
    async (key) => {
      const redis = await emptyRedis();
      const store = await openStore(redis);
      await store.append('a', stored.slice(0, 4));
      const client = await redis.client();
      afterTest(() => client.close());
      await client.del(`mnist-monitor:${key}:a`);
      if (key === 'run') await client.del('mnist-monitor:runs');
      else expect(await store.remove('a')).toBe(true);
      expect(await store.append('a', stored.slice(0, 2))).toBe(2);
      expect((await store.page('a', { after: 0, limit: 10 })).events).toEqual(asStored(stored.slice(0, 2)));
      await client.del(['mnist-monitor:run:a', 'mnist-monitor:runs']);
      expect([await store.remove('a'), await store.remove('a')]).toEqual([true, false]);
    },
  );

  test('keeps one order when several gateways append the same run at once', async () => {
    const redis = await emptyRedis();
    const stores = await Promise.all([openStore(redis), openStore(redis), openStore(redis)]);
    const appends = stored.flatMap((_, index) =>
      stores.map((store) => store.append('a', stored.slice(0, index + 1))),
    );
    await Promise.all(appends);
    expect((await stores[0]!.page('a', { after: 0, limit: 1_000 })).events).toEqual(asStored(stored));
  });

  test('shows the changes of one gateway to the others at once', async () => {
    const redis = await emptyRedis();
    const [one, other] = [await openStore(redis), await openStore(redis)];
    await one.append('a', stored.slice(0, 2));
    expect(await other.summary('a')).toMatchObject({ lastSeq: 2, title: null });
    await one.append('a', stored.slice(2, 3));
    await one.annotate('a', { title: 'x' });
    expect(await other.summary('a')).toMatchObject({ lastSeq: 3, title: 'x' });
    await other.remove('a');
    expect(await one.summary('a')).toBeUndefined();
  });

  test('ends a page after 4 MB, and continues from there', async () => {
    const store = await openStore(await emptyRedis());
    await store.append('a', largeEvents(450));
    const page = await store.page('a', { after: 0, limit: 1_000 });
    expect(page).toMatchObject({ through: 300, more: true });
    expect(await store.page('a', { after: 300, limit: 1_000 })).toMatchObject({ through: 450, more: false });
  });

  test('that is full or read-only is reported by its code', async () => {
    const redis = await startRedis();
    const store = await openStore(redis);
    const client = await redis.client();
    afterTest(() => client.close());
    await client.configSet('maxmemory', '1');
    await expect(store.append('a', stored)).rejects.toMatchObject({
      code: 'store.full',
      message: expect.stringMatching(/^no memory is left for Redis at unix:\/\/\S+ \(.+\)$/),
    });
    await expect(store.check()).rejects.toMatchObject({ code: 'store.full' });
    await client.configSet('maxmemory', '0');
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    await expect(store.append('a', stored)).rejects.toMatchObject({ code: 'store.read_only' });
    expect(await store.lastSeq('a')).toBe(0);
  });
});
