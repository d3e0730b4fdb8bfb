import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import Database from 'libsql';
import { keys } from '../src/redis/scripts.ts';
import { RedisStore } from '../src/redis/store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { toNewEvent } from '../src/store/store.ts';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { type Connection, connect, range, seqsOf } from './support/connection.ts';
import { startGateway, type TestGatewayOptions } from './support/gateway.ts';
import { helloOf, openPublisher } from './support/publisher.ts';
import { connectionTo, describeRedis, emptyRedis, type TestRedis } from './support/redis.ts';

const run = (runId: string) => sampleRun({ runId, epochs: 2, batchesPerEpoch: 30 }).map(toNewEvent);
const { length } = run('m');
const ofM = "run = (SELECT id FROM run WHERE name = 'm')";

/** Starts a gateway on a database in which the runs `ok` and, begun last, `m` are stored, after a change to it by SQL. */
async function startAfter(sql: string, options: TestGatewayOptions = {}) {
  const runs = temporaryFolder();
  const store = await openSqliteStore(runs);
  for (const runId of ['ok', 'm']) await store.append(runId, run(runId));
  await store.close();
  const database = new Database(join(runs, 'monitor.db'));
  database.exec(sql);
  database.close();
  const gateway = await startGateway({ runs, ...options });
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`${gateway.url}${path}`, { method });
    return { status: answer.status, text: await answer.text() };
  };
  const listed = async () =>
    JSON.parse((await ask('/api/runs')).text).runs.map(({ runId }: { runId: string }) => runId);
  return { runs, gateway, ask, listed };
}

/** Returns the seq of each event, and `from-to` for each gap, in the order in which they were received. */
const partsOf = (messages: Awaited<ReturnType<Connection['until']>>): (number | string)[] =>
  messages.flatMap((message) => {
    if (message.type === 'events') return message.events.map(({ seq }: { seq: number }) => seq);
    if (message.type === 'gap') return [`${message.from}-${message.to}`];
    return message.v === 1 ? [message.seq] : [];
  });

/** The text of each error in a log. */
const errorsOf = (log: readonly string[]): string[] =>
  log
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 50)
    .map(({ msg }) => msg);

describe('a run in the database', () => {
  test.each([
    ['without any event', `DELETE FROM event WHERE ${ofM}`],
    ['whose first event is no JSON', `UPDATE event SET json = '{' WHERE seq = 1 AND ${ofM}`],
    ['whose last event is no JSON', `UPDATE event SET json = '{' WHERE seq = ${length} AND ${ofM}`],
    ['whose epochs are no JSON', `UPDATE event SET json = '{' WHERE type = 'epoch' AND ${ofM}`],
  ])(
    '%s leaves all others served, is named, and can be deleted (P-220, P-223, P-225, S-48)',
    async (_damage, sql) => {
      const { runs, gateway, ask, listed } = await startAfter(sql);
      expect(await listed()).toEqual(['ok']);
      expect((await ask('/api/runs/ok')).status).toBe(200);
      const problem = { status: 500, text: expect.stringMatching('"run.damaged".*run m is damaged') };
      for (const path of ['', '/export.jsonl', '/series'])
        expect(await ask(`/api/runs/m${path}`)).toEqual(problem);
      const search = JSON.parse((await ask('/api/runs?search=completed')).text);
      expect(search.runs.map(({ runId }: { runId: string }) => runId)).toEqual(['ok']);

      const logged = gateway.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40);
      expect(logged).toEqual([
        expect.objectContaining({
          ...{ runId: 'm', store: join(runs, 'monitor.db') },
          msg: expect.stringMatching('run m is damaged: .* DELETE /api/runs/m deletes it'),
        }),
      ]);
      // The store itself works.
      expect((await ask('/readyz')).status).toBe(200);
      expect(await ask('/api/runs/m', 'DELETE')).toEqual({ status: 200, text: expect.stringMatching('"m"') });
      expect((await ask('/api/runs/m')).status).toBe(404);
    },
  );

  test.each([
    ['first event', 'seq = 1'],
    ['last event', `seq = ${length}`],
    ['epochs', "type = 'epoch'"],
  ])('can be continued by its publisher although its summary cannot be read: %s', async (_what, which) => {
    const { gateway } = await startAfter(`UPDATE event SET json = '{' WHERE ${which} AND ${ofM}`);
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('m'));
    expect(publisher.after).toBe(length);
    const [epoch] = sampleRun({ runId: 'm' }).filter(({ type }) => type === 'epoch');
    publisher.send([{ ...epoch!, seq: length + 1 }]);
    expect(await publisher.acked(length + 1)).toEqual([{ type: 'ack', seq: length + 1 }]);
  });

  test('whose summary cannot be read is kept by every policy of retention (P-224)', async () => {
    const { listed, ask } = await startAfter(`UPDATE event SET json = '{' WHERE seq = 1 AND ${ofM}`, {
      keep: { ageMs: 0, runs: 0, bytes: 0 },
      limits: { sweepIntervalMs: 10 },
    });
    // The list leaves a run out before the store has removed it.
    while ((await ask('/api/runs/ok')).status !== 404) await delay(5);
    expect(await listed()).toEqual([]);
    expect((await ask('/api/runs/m', 'DELETE')).status).toBe(200);
  });

  test('whose first event is no JSON invites no client to try again (P-221)', async () => {
    const { gateway } = await startAfter(`UPDATE event SET json = '{' WHERE seq = 1 AND ${ofM}`);
    const viewer = await connect(`${gateway.liveUrl}?run=m`);
    expect(await viewer.closed).toEqual({
      code: closeCodes.runDamaged.code,
      reason: 'run m is damaged: an event of it cannot be read',
    });
    const answer = await fetch(`${gateway.url}/api/runs/m`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([500, null]);
  });

  test('without any event is sent to nobody who follows the latest run (P-223)', async () => {
    const { gateway, ask } = await startAfter(`DELETE FROM event WHERE ${ofM}`);
    const viewer = await connect(gateway.liveUrl);
    expect(await viewer.next()).toMatchObject({ type: 'hello', run: null });
    await ask('/api/runs/m', 'DELETE');
    const messages = await viewer.until(({ type, run }) => type === 'hello' && run !== null);
    expect(messages.at(-1)).toMatchObject({ run: { runId: 'ok' } });
    expect(seqsOf(messages)).toEqual([]);
  });

  test('with an event in the middle that is no JSON is sent to viewers without it, and named once (P-222)', async () => {
    const { gateway, ask, listed } = await startAfter(
      `UPDATE event SET json = '{' WHERE seq IN (20, 21, 24) AND ${ofM}`,
    );
    for (const query of ['', '&complete=true', '&bundle=true']) {
      const viewer = await connect(`${gateway.liveUrl}?run=m${query}`);
      expect(partsOf(await viewer.until(({ type }) => type === 'live'))).toEqual([
        ...[...range(1, 19), '20-21', 22, 23, '24-24', ...range(25, length)],
      ]);
    }
    const problem = { status: 500, text: expect.stringMatching('run m is damaged: event 20 cannot be read') };
    for (const path of ['series', 'export.csv', 'export.jsonl', 'events', 'events?after=18&limit=3'])
      expect(await ask(`/api/runs/m/${path}`)).toEqual(problem);
    expect((await ask('/api/runs/m/events?limit=5')).status).toBe(200);
    expect(await listed()).toEqual(['m', 'ok']);
    expect(errorsOf(gateway.log)).toEqual([
      expect.stringMatching(/^run m is damaged: event 20 cannot be read/),
    ]);
  });

  test.each([
    ['1', 1, 20],
    ['40 to 45', 40, 45],
  ])(
    'without the events from %s on is sent with a gap in their place (P-80, P-217, P-222)',
    async (_name, from, to) => {
      const { gateway, ask } = await startAfter(
        `DELETE FROM event WHERE seq BETWEEN ${from} AND ${to} AND ${ofM}`,
      );
      for (const query of ['', '&complete=true', '&maxRate=5', '&bundle=true', `&after=${from + 2}`]) {
        const viewer = await connect(`${gateway.liveUrl}?run=m${query}`);
        const messages = await viewer.until(({ type }) => type === 'live');
        const received = partsOf(messages);
        const start = query.startsWith('&after') ? from + 3 : 1;
        expect(received).toEqual([
          ...range(start, from - 1),
          `${Math.max(from, start)}-${to}`,
          ...range(to + 1, length),
        ]);
      }
      const problem = { status: 500, text: expect.stringMatching(`event ${from} is missing`) };
      for (const path of ['events', 'export.jsonl', 'export.csv'])
        expect(await ask(`/api/runs/m/${path}`)).toEqual(problem);
    },
  );
});

describeRedis('a run in Redis', () => {
  /** Starts a gateway on a Redis in which the runs `ok` and `m` are stored, after a change by another program. */
  async function startAfterChange(
    change: (client: Awaited<ReturnType<TestRedis['client']>>) => Promise<unknown>,
  ) {
    const redis = await emptyRedis();
    const client = await redis.client();
    afterTest(() => client.close());
    const store = new RedisStore({ connection: await connectionTo(redis), gatewayId: 'gateway-1' });
    afterTest(() => store.close());
    for (const runId of ['ok', 'm']) await store.append(runId, run(runId).slice(0, 40));
    await change(client);
    const gateway = await startGateway({ redisUrl: redis.url });
    const status = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(`${gateway.url}${path}`, { method })).status;
    return { gateway, store, status };
  }

  test.each(['run', 'events'] as const)(
    'whose key for `%s` has another type leaves all others served, is named once, and can be deleted (P-220, P-221, S-48)',
    async (key) => {
      const { gateway, status } = await startAfterChange((client) => client.set(keys[key]('m'), 'else'));
      for (const path of ['events', 'series', 'export.jsonl', 'export.csv'])
        for (let times = 0; times < 2; times++) expect(await status(`/api/runs/m/${path}`)).toBe(500);
      const publisher = await connect(gateway.ingestUrl);
      await publisher.opened;
      publisher.send(helloOf('m'));
      const problem = 'run m is damaged: a key of it has another type than expected';
      const { code } = closeCodes.runDamaged;
      expect(await publisher.closed).toEqual({ code, reason: problem });
      expect(await (await connect(`${gateway.liveUrl}?run=m`)).closed).toEqual({ code, reason: problem });
      for (const path of ['/readyz', '/api/runs', '/api/runs/ok', '/api/runs/ok/export.jsonl'])
        expect(await status(path)).toBe(200);
      expect(errorsOf(gateway.log)).toEqual([
        `${problem}; requests for what cannot be read are answered with run.damaged, and DELETE /api/runs/m deletes it`,
      ]);
    },
  );

  test('whose key has another type can be deleted (P-225)', async () => {
    const { status, store } = await startAfterChange((client) => client.set(keys.run('m'), 'else'));
    expect(await store.remove('m')).toBe(true);
    expect(await status('/api/runs/m')).toBe(404);
  });

  test('with entries of another program is served without them (P-226)', async () => {
    const { gateway, store, status } = await startAfterChange(async (client) => {
      for (const _ of [1, 2]) await client.xAdd(keys.events('m'), '40-*', { foreign: 'entry' });
    });
    await store.append('m', run('m'));
    const viewer = await connect(`${gateway.liveUrl}?run=m&after=30`);
    expect(partsOf(await viewer.until(({ seq }) => seq === length))).toEqual(range(31, length));
    for (const path of ['events', 'series', 'export.jsonl', 'export.csv'])
      expect(await status(`/api/runs/m/${path}`)).toBe(200);
    expect(errorsOf(gateway.log)).toEqual([]);
  });

  test('that ends with a later entry of another program accepts no event, and leaves all others served (P-221)', async () => {
    const { gateway, status } = await startAfterChange((client) =>
      client.xAdd(keys.events('m'), '1000-0', { foreign: 'entry' }),
    );
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('m'));
    publisher.send(sampleRun({ runId: 'm', epochs: 2, batchesPerEpoch: 30 }).slice(40));
    expect(await publisher.connection.closed).toEqual({
      code: closeCodes.runDamaged.code,
      reason: 'run m is damaged: its stream has entries of another program',
    });
    for (const path of ['/readyz', '/api/runs/m/export.jsonl']) expect(await status(path)).toBe(200);
    expect(errorsOf(gateway.log)).toHaveLength(1);
  });
});

describeRedis('the list of runs in Redis', () => {
  test('that has another type makes the store fail, with one line that names its key', async () => {
    const redis = await emptyRedis();
    const gateway = await startGateway({ redisUrl: redis.url, limits: { storeCheckMs: 20 } });
    const client = await redis.client();
    afterTest(() => client.close());
    await client.set(keys.runs, 'something else');
    const status = async (path: string): Promise<number> => (await fetch(`${gateway.url}${path}`)).status;
    const untilReady = async (expected: number): Promise<void> => {
      while ((await status('/readyz')) !== expected) await delay(10);
    };
    await untilReady(503);
    for (let times = 0; times < 5; times++) expect(await status('/api/runs')).toBe(503);
    expect(errorsOf(gateway.log)).toEqual(['the store has failed; retrying until it works']);
    expect(gateway.log.join()).toContain(`(WRONGTYPE ${keys.runs})`);
    await client.del(keys.runs);
    await untilReady(200);
  });
});
