import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { openRedis } from '../../src/redis/open.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { afterTest } from '../support/cleanup.ts';
import { freePort } from '../support/process.ts';
import { describeRedis, startRedis, type TestRedis } from '../support/redis.ts';

const ignored = { warn() {} };

/** The words of the `ACL SETUSER` command in docs/security.md after its name. */
function documentedUser(): string[] {
  const page = readFileSync(new URL('../../../../../docs/security.md', import.meta.url), 'utf8');
  return /^ACL SETUSER (.+)$/m.exec(page)![1]!.split(' ');
}

/** Resolves with the warnings that a gateway logs when it opens this Redis. */
async function warningsAt({ url }: TestRedis): Promise<unknown[]> {
  const warnings: unknown[] = [];
  const { store, bus } = await openRedis(url, { warn: (...line: unknown[]) => void warnings.push(line) });
  afterTest(() => Promise.all([bus.close(), store.close()]));
  return warnings;
}

describe('opening Redis', () => {
  test('reports in one line that the server is not Redis', async () => {
    const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    afterTest(() => server.close());
    const { port } = server.address() as { port: number };
    await expect(openRedis(`redis://127.0.0.1:${port}`, ignored)).rejects.toMatchObject({
      code: 'store.unusable',
      exitCode: 2,
      message: expect.stringMatching(
        /^Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be used \([^\n]+\): check --redis-url and the server$/,
      ),
    });
  });

  describeRedis('that runs', () => {
    test('reports in one line that the password is wrong, without the password (S-58)', async () => {
      const port = await freePort();
      const redis = await startRedis(['--port', String(port), '--bind', '127.0.0.1']);
      const client = await redis.client();
      await client.configSet('requirepass', 'sesame');
      await client.close();
      const error = await openRedis(`redis://:wrong-secret@127.0.0.1:${port}`, ignored).catch(String);
      expect(error).toMatch(/Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be used \(WRONGPASS [^\n]+$/);
      expect(error).not.toContain('wrong-secret');
    });

    test.each([
      ['with CONFIG', []],
      ['without CONFIG', ['--rename-command', 'CONFIG', '']],
    ])('warns when Redis may evict runs, %s', async (_how, flags) => {
      const redis = await startRedis(['--maxmemory-policy', 'allkeys-lru', ...flags]);
      expect(await warningsAt(redis)).toEqual([
        [
          { 'maxmemory-policy': 'allkeys-lru' },
          'Redis may remove runs when its memory is full: set maxmemory-policy to noeviction to prevent this',
        ],
      ]);
    });

    test('refuses a Redis Cluster in one line', async () => {
      const [port, busPort] = [await freePort(), await freePort()];
      await startRedis(['--port', `${port}`, '--cluster-port', `${busPort}`, '--cluster-enabled', 'yes']);
      await expect(openRedis(`redis://127.0.0.1:${port}`, ignored)).rejects.toMatchObject({
        code: 'store.unusable',
        message: expect.stringMatching(
          /\(expected a single Redis server, got one in cluster mode\): [^\n]+$/,
        ),
      });
    });

    test('names every permission that the user lacks, and needs no others than those in docs/security.md (S-61)', async () => {
      const port = await freePort();
      const redis = await startRedis(['--port', `${port}`, '--bind', '127.0.0.1', '--databases', '2']);
      const client = await redis.client();
      afterTest(() => client.close());
      const [user, , ...rules] = documentedUser();
      const url = `redis://${user}:password@127.0.0.1:${port}/1`;
      const allow = (...extra: string[]) =>
        client.sendCommand([
          'ACL',
          'SETUSER',
          user!,
          'reset',
          'on',
          '>password',
          ...rules.slice(1),
          ...extra,
        ]);
      for (const rule of rules.filter((rule) => rule.startsWith('+'))) {
        await allow(rule.replace('+', '-'));
        await expect(openRedis(url, ignored)).rejects.toMatchObject({
          code: 'store.unusable',
          message: expect.stringMatching(
            new RegExp(
              `cannot be used \\([^\\n]*\\b${rule.slice(1)}\\b[^\\n]*: give the user the permissions listed in docs/`,
              'i',
            ),
          ),
        });
      }
      for (const extra of ['resetkeys', 'resetchannels']) {
        await allow(extra);
        await expect(openRedis(url, ignored)).rejects.toMatchObject({ code: 'store.unusable' });
      }
      await allow();
      const { store, bus } = await openRedis(url, ignored);
      afterTest(() => Promise.all([bus.close(), store.close()]));
      const run = sampleRun({ runId: 'a' }).map(toNewEvent);
      expect(await store.append('a', run)).toBe(run.length);
      expect((await store.page('a', { after: 0, limit: 1_000 })).events).toHaveLength(run.length);
      expect(await store.annotate('a', { title: 'x', note: null, pinned: true })).toBe(true);
      expect(await store.summary('a')).toMatchObject({ title: 'x' });
      expect(await store.runs({ limit: 2 })).toHaveLength(1);
      expect(await store.remove('a')).toBe(true);
      await store.check();
    });

    test('warns when Redis could lose acknowledged events', async () => {
      const redis = await startRedis(['--appendfsync', 'everysec']);
      expect(await warningsAt(redis)).toEqual([
        [
          { appendfsync: 'everysec' },
          'Redis may lose acknowledged events when it ends unexpectedly: set appendfsync to always to prevent this',
        ],
      ]);
      const inMemory = await startRedis(['--appendonly', 'no', '--rename-command', 'CONFIG', '']);
      expect(await warningsAt(inMemory)).toEqual([
        [
          { appendonly: 'no' },
          'Redis may lose acknowledged events when it ends unexpectedly: set appendonly to yes to prevent this',
        ],
      ]);
    });
  });
});
