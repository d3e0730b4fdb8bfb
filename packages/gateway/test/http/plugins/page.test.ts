import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { builtPage } from '../../../src/http/plugins/page.ts';
import { temporaryFolder } from '../../support/cleanup.ts';
import { startGateway } from '../../support/gateway.ts';

function pageFolder(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'assets', 'index-B4x9.js'), 'export {};');
  return folder;
}

describe('the files of the dashboard', () => {
  test('are expected in the folder that the build writes', () => {
    expect(builtPage).toMatch(/packages[\\/]dashboard[\\/]dist[\\/]page$/);
  });

  test('are served: the page revalidated each time, files with a hash in their name cached for good', async () => {
    const { url } = await startGateway({ page: pageFolder() });
    const index = await fetch(`${url}/`);
    expect(await index.text()).toContain('<title>page</title>');
    expect(index.headers.get('cache-control')).toBe('no-cache');
    const asset = await fetch(`${url}/assets/index-B4x9.js`);
    expect(asset.headers.get('content-type')).toMatch(/javascript/);
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test('are served as compressed by the build, in an encoding that the client accepts (S-40)', async () => {
    const folder = pageFolder();
    const source = 'export {};'.repeat(200);
    writeFileSync(join(folder, 'assets', 'index-B4x9.js'), source);
    writeFileSync(join(folder, 'assets', 'index-B4x9.js.br'), brotliCompressSync(source));
    writeFileSync(join(folder, 'assets', 'index-B4x9.js.gz'), gzipSync(source));
    const { url } = await startGateway({ page: folder });
    const tags = new Set();
    for (const [accepted, encoding] of [
      ['gzip, br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const headers = { 'accept-encoding': accepted };
      const asset = await fetch(`${url}/assets/index-B4x9.js`, { headers });
      expect(asset.headers.get('content-encoding')).toBe(encoding);
      expect(asset.headers.get('content-type')).toMatch(/javascript/);
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(asset.headers.get('vary')).toBe('accept-encoding');
      expect(await asset.text()).toBe(source);
      tags.add(asset.headers.get('etag'));
      // Without compressed files, the page is sent as it is.
      expect(await (await fetch(`${url}/`, { headers })).text()).toContain('<title>page</title>');
    }
    expect(tags.size).toBe(3);
  });

  test('are confined to their folder (S-15)', async () => {
    const { url } = await startGateway({ page: pageFolder() });
    for (const path of ['/..%2f..%2fetc/passwd', '/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd', '/assets/']) {
      const answer = await fetch(url + path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });

  test('are replaced by a page with instructions when they are not built', async () => {
    const { url, ingestUrl } = await startGateway({ page: join(temporaryFolder(), 'none') });
    const answer = await fetch(`${url}/`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('npm run build');
    expect((await fetch(`${url}/api/runs`)).status).toBe(200);
    const atIngestPort = await fetch(ingestUrl.replace('ws:', 'http:').replace('/ingest', '/'));
    expect(await atIngestPort.json()).toMatchObject({ status: 404, code: 'request.not_found' });
  });
});
