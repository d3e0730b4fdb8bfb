import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { openRedis } from '../../src/redis/open.ts';
import { afterTest } from '../support/cleanup.ts';
import { freePort } from '../support/process.ts';
import { describeRedis, startRedis } from '../support/redis.ts';

const ignored = { warn() {} };

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
    test('reports in one line that the password is wrong, without the password', async () => {
      const port = await freePort();
      const redis = await startRedis(['--port', String(port), '--bind', '127.0.0.1']);
      const client = await redis.client();
      await client.configSet('requirepass', 'sesame');
      await client.close();
      const error = await openRedis(`redis://:wrong-secret@127.0.0.1:${port}`, ignored).catch(String);
      expect(error).toMatch(/Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be used \(WRONGPASS [^\n]+$/);
      expect(error).not.toContain('wrong-secret');
    });

    test('warns when Redis could lose acknowledged events', async () => {
      const redis = await startRedis(['--appendfsync', 'everysec']);
      const warnings: unknown[] = [];
      const log = { warn: (...line: unknown[]) => void warnings.push(line) };
      const { store, bus } = await openRedis(redis.url, log);
      afterTest(() => Promise.all([bus.close(), store.close()]));
      expect(warnings).toEqual([
        [{ appendfsync: 'everysec' }, expect.stringContaining('set appendfsync to always')],
      ]);
    });
  });
});
