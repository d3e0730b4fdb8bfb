import { request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { Limits } from '../../../src/limits.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/cleanup.ts';
import { startGateway } from '../../support/gateway.ts';

const run = sampleRun({ runId: 'a', epochs: 3, batchesPerEpoch: 200 });

interface Answer {
  headers: IncomingMessage['headers'];
  status: number | undefined;
  body: Buffer;
}

/** Sends a request without `fetch`, which would decompress the body. */
const get = (url: string, headers: Record<string, string> = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    httpRequest(url, { headers }, async (response) => {
      resolve({ headers: response.headers, status: response.statusCode, body: await buffer(response) });
    })
      .on('error', reject)
      .end();
  });

const gzip = { 'accept-encoding': 'gzip, deflate, br' };

async function start(limits: Partial<Limits> = {}) {
  const store = await openSqliteStore(temporaryFolder());
  await store.append('a', run.map(toNewEvent));
  return startGateway({ store, limits });
}

describe('compression', () => {
  let url: string;
  beforeEach(async () => {
    ({ url } = await start());
  });

  test.each([
    '/api/runs',
    '/api/runs/a',
    '/api/runs/a/series',
    // Sent in pieces: 190 kB.
    '/api/runs/a/events?limit=2000',
    '/openapi.json',
    '/docs',
    '/metrics',
  ])('halves the size of %s at least, and keeps its content (P-186)', async (path) => {
    const plain = await get(url + path);
    const compressed = await get(url + path, gzip);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(compressed.headers['content-encoding']).toBe('gzip');
    for (const { headers } of [plain, compressed]) expect(headers.vary).toBe('accept-encoding');
    expect(compressed.body.length).toBeLessThan(plain.body.length / 2);
    if (path !== '/metrics') expect(String(gunzipSync(compressed.body))).toBe(String(plain.body));
  });

  test.each([
    ['a client that does not accept it', '/api/runs/a/series', { 'accept-encoding': 'br' }],
    ['a client that refuses it', '/api/runs/a/series', { 'accept-encoding': 'gzip;q=0' }],
    ['a small response', '/healthz', gzip],
    ['an export', '/api/runs/a/export.jsonl', gzip],
  ])('is not applied to %s (P-186, S-40)', async (_what, path, headers) => {
    const answer = await get(url + path, headers);
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
  });

  test('keeps the weak ETag of the uncompressed response, which is answered with 304', async () => {
    const path = `${url}/api/runs/a/series`;
    const [plain, compressed] = [await get(path), await get(path, gzip)];
    const { etag } = compressed.headers;
    expect(etag).toMatch(/^W\/"/);
    expect(plain.headers.etag).toBe(etag);
    const again = await get(path, { ...gzip, 'if-none-match': etag! });
    expect([again.status, again.body.length, again.headers.vary]).toEqual([304, 0, 'accept-encoding']);
  });

  test('is not applied while too many responses are being compressed, nor to large bodies (P-186, S-40)', async () => {
    for (const limits of [{ compressedAtOnce: 0 }, { maxBytesToCompress: 2_000 }]) {
      const gateway = await start(limits);
      const answer = await get(`${gateway.url}/api/runs/a/series`, gzip);
      expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
    }
  });

  test('is applied again when earlier responses are compressed', async () => {
    for (let count = 0; count < 12; count++)
      for (const path of ['/api/runs/a/series', '/api/runs/a/events?limit=2000'])
        expect((await get(url + path, gzip)).headers['content-encoding']).toBe('gzip');
  });
});
