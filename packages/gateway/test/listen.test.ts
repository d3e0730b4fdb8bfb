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
