import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { timeFactor } from '@mnist-monitor/shared/testing';
import { RedisConnection } from '../../src/redis/connection.ts';
import { afterTest } from '../support/cleanup.ts';
import { freePort } from '../support/process.ts';
import { connectionTo, describeRedis, startRedis } from '../support/redis.ts';

/** Starts a server that answers every command with the given INFO, and returns its URL. */
async function serverWith(info: Record<string, string>): Promise<string> {
  const text = Object.entries(info)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (commands) => {
      for (const _ of String(commands).matchAll(/^\*/gm)) socket.write(`$${text.length}\r\n${text}\r\n`);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  afterTest(() => server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a connection to Redis', () => {
  test.each<[string, Record<string, string>, string]>([
    ['an older server', { redis_version: '6.2.14' }, 'expected Redis 7 or newer, got 6.2.14'],
    ['another server', {}, 'expected Redis 7 or newer, got an unknown version'],
    [
      'a cluster',
      { redis_version: '7.0.0', redis_mode: 'cluster' },
      'expected a single Redis server, got one in cluster mode',
    ],
    [
      'a sentinel',
      { redis_version: '10.1.0', redis_mode: 'sentinel' },
      'expected a single Redis server, got one in sentinel mode',
    ],
  ])('is not made to %s', async (_what, info, reason) => {
    const url = await serverWith(info);
    await expect(RedisConnection.open({ url, timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'store.unusable',
      message: `Redis at ${url} cannot be used (${reason}): check --redis-url and the server`,
    });
  });

  test('is made to the oldest supported server, and to newer ones', async () => {
    for (const version of ['7.0.0', '10.2.1']) {
      const url = await serverWith({ redis_version: version, redis_mode: 'standalone' });
      const connection = await RedisConnection.open({ url, timeoutMs: 10_000 });
      await connection.close();
    }
  });

  test('is tried once when a gateway starts: the setting may be wrong', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const timeoutMs = 60_000 * timeFactor();
    await expect(RedisConnection.open({ url, timeoutMs })).rejects.toMatchObject({
      code: 'store.unusable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('has a channel for each database, and an address without credentials', async () => {
    const url = (await serverWith({ redis_version: '7.0.0' })).replace('//', '//user:secret@');
    const opened = await Promise.all(
      ['', '/', '/0', '/3'].map((path) => RedisConnection.open({ url: `${url}${path}`, timeoutMs: 10_000 })),
    );
    for (const connection of opened) afterTest(() => connection.close());
    expect(opened.map(({ busChannel }) => busChannel)).toEqual(
      [0, 0, 0, 3].map((database) => `mnist-monitor:bus:${database}`),
    );
    for (const { address } of opened) expect(address).not.toContain('secret');
  });

  describeRedis('that runs', () => {
    /** Resolves when a connection answers, which may be made again at the time. */
    const answers = async (connection: Awaited<ReturnType<typeof connectionTo>>): Promise<void> => {
      const ping = (): Promise<boolean> =>
        connection
          .run((client) => client.ping())
          .then(
            () => true,
            () => false,
          );
      while (!(await ping())) await delay(10);
    };

    test('is made again when it was lost, with the same client', async () => {
      const redis = await startRedis();
      const connection = await connectionTo(redis);
      afterTest(() => connection.close());
      expect(connection.busChannel).toBe('mnist-monitor:bus:0');
      let clients = 0;
      connection.onClient(() => clients++);
      const client = await redis.client();
      await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
      await client.close();
      await answers(connection);
      expect(clients).toBe(1);
    });

    test('is replaced when a reply takes too long', async () => {
      const redis = await startRedis();
      const connection = await connectionTo(redis, 500 * timeFactor());
      afterTest(() => connection.close());
      const clients: unknown[] = [];
      connection.onClient((client) => clients.push(client));
      redis.freeze();
      await expect(connection.run((client) => client.ping())).rejects.toThrow('no answer in time');
      expect(new Set(clients).size).toBe(2);
      redis.thaw();
      await answers(connection);
    });

    test('is closed after the replies that are still expected, and is not made again', async () => {
      const redis = await startRedis();
      const connection = await connectionTo(redis);
      let clients = 0;
      connection.onClient(() => clients++);
      const reply = connection.run((client) => client.ping());
      await connection.close();
      expect(await reply).toBe('PONG');
      const client = await redis.client();
      afterTest(() => client.close());
      const connected = async (): Promise<number> =>
        ((await client.sendCommand(['CLIENT', 'LIST'])) as unknown as string).trim().split('\n').length;
      while ((await connected()) > 1) await delay(10);
      await expect(connection.run((client) => client.ping())).rejects.toThrow();
      expect([clients, await connected()]).toEqual([1, 1]);
    });

    test('is closed without a reply that takes too long', async () => {
      const redis = await startRedis();
      const connection = await connectionTo(redis);
      redis.freeze();
      const reply = connection.run((client) => client.ping());
      const expected = expect(reply).rejects.toThrow();
      await connection.close();
      await expected;
    });
  });
});
