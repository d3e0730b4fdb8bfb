// Serves a status file: the publisher replaces a JSON file, and each page requests it once a second.
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { announce } from './lines.js';

const folder = mkdtempSync(join(tmpdir(), 'mnist-polling-'));
const ingest = join(folder, 'status.json');
const app = Fastify();
app.get('/status.json', async (_request, reply) =>
  reply.type('application/json').send(await readFile(ingest)),
);
await app.listen({ host: '127.0.0.1', port: 0 });
process.on('SIGTERM', async () => {
  await rm(folder, { recursive: true, force: true });
  process.exit();
});
announce({ live: `http://127.0.0.1:${app.server.address().port}/status.json`, ingest });
