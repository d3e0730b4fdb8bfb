import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { buildGateway } from '../src/app.ts';
import { listen } from '../src/listen.ts';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { MemoryStore } from './support/memory-store.ts';

test.each([
  ['port', '--port'],
  ['ingestPort', '--ingest-port'],
])('listening reports in one line that the port of %s is in use', async (name, flag) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.close());
  const { port } = server.address() as { port: number };
  const config = { host: '127.0.0.1', port: 0, ingestHost: '127.0.0.1', ingestPort: 0, [name]: port };
  const gateway = await buildGateway({
    config: { ...config, runs: temporaryFolder() },
    store: new MemoryStore(),
    log: pino({ level: 'silent' }),
  });
  afterTest(() => gateway.close());
  await expect(listen(gateway, config)).rejects.toMatchObject({
    code: 'port.unavailable',
    exitCode: 2,
    message: `port ${port} on 127.0.0.1 is in use: stop the program that uses it, or choose another with ${flag}`,
  });
});

/** Starts a gateway at a host, and returns the address that is displayed. */
async function displayedAt(host: string, port = 0): Promise<string> {
  const addresses = { host, port, ingestHost: '127.0.0.1', ingestPort: 0 };
  const gateway = await buildGateway({
    config: { ...addresses, runs: temporaryFolder() },
    store: new MemoryStore(),
    log: pino({ level: 'silent' }),
  });
  afterTest(() => gateway.close());
  return (await listen(gateway, addresses)).url;
}

test.each([
  ['127.0.0.1', /^http:\/\/localhost:\d+$/],
  ['localhost', /^http:\/\/localhost:\d+$/],
  ['0.0.0.0', /^http:\/\/localhost:\d+$/],
  ['::', /^http:\/\/localhost:\d+$/],
  ['127.0.0.2', /^http:\/\/127\.0\.0\.2:\d+$/],
  ['::1', /^http:\/\/\[::1\]:\d+$/],
])('the address that is displayed for --host %s leads to the gateway', async (host, expected) => {
  const url = await displayedAt(host);
  expect(url).toMatch(expected);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test.each(['127.0.0.1', '0.0.0.0', 'localhost'])(
  'with --host %s, the address that is displayed has no name by which a browser finds another program',
  async (host) => {
    const other = createServer().listen({ host: '::1', port: 0, ipv6Only: true });
    await once(other, 'listening');
    afterTest(() => other.close());
    const { port } = other.address() as { port: number };
    expect(await displayedAt(host, port)).toBe(`http://127.0.0.1:${port}`);
  },
);
