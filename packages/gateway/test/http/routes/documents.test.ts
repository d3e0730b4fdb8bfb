import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { AsyncApiDocument } from '@mnist-monitor/shared/documents';
import { pino } from 'pino';
import { createApp } from '../../../src/http/app.ts';
import { addDocumentRoutes } from '../../../src/http/routes/documents.ts';
import { limits } from '../../../src/limits.ts';
import { Metrics } from '../../../src/metrics.ts';
import { connect } from '../../support/connection.ts';
import { startGateway } from '../../support/gateway.ts';

async function socketsOf(
  url: string,
  headers: Record<string, string> = {},
): Promise<AsyncApiDocument['servers']> {
  const { servers } = (await (await fetch(`${url}/asyncapi.json`, { headers })).json()) as AsyncApiDocument;
  return servers;
}

test('the AsyncAPI document names the addresses at which it was requested', async () => {
  const { url } = await startGateway({ proxies: ['127.0.0.1'], host: '0.0.0.0' });
  expect((await socketsOf(url)).public).toMatchObject({ host: new URL(url).host, protocol: 'ws' });
  const proxied = { 'x-forwarded-host': 'runs.example', 'x-forwarded-proto': 'https' };
  expect((await socketsOf(url, proxied)).public).toMatchObject({ host: 'runs.example', protocol: 'wss' });
});

test('the documents name the ports in use, and a client connects to them (P-177)', async () => {
  const gateway = await startGateway();
  const { public: live, ingest } = await socketsOf(gateway.url);
  const page = await (await fetch(`${gateway.url}/docs`)).text();
  expect(live!.host).toBe(new URL(gateway.url).host);
  expect(`ws://${ingest!.host}/ingest`).toBe(gateway.ingestUrl);
  expect(page).toContain(`<code>ws://${live!.host}/live</code>`);
  expect(page).toContain(`<code>${gateway.ingestUrl}</code>`);
  expect(page).not.toMatch(/:500[01]\b/);
  await connect(`ws://${live!.host}/live`);
  await connect(`ws://${ingest!.host}/ingest`);
});

test.each(['batch', 'live-hello', 'bundle'])(
  '/schema/%s.json is the file in docs/schema (P-178)',
  async (name) => {
    const { url } = await startGateway();
    const response = await fetch(`${url}/schema/${name}.json`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const file = new URL(`../../../../../../docs/schema/${name}.json`, import.meta.url);
    expect(await response.json()).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  },
);

test('/schema has no other file', async () => {
  const { url } = await startGateway();
  const response = await fetch(`${url}/schema/__proto__`);
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'request.not_found' }]);
});

test('a route without a schema is refused, so that none is missing from the documents', () => {
  const app = createApp({ log: pino({ level: 'silent' }), limits, metrics: new Metrics() });
  addDocumentRoutes(app, { host: '127.0.0.1', port: () => 0 });
  expect(() => app.get('/forgotten', async () => '')).toThrow(
    new TypeError('expected a schema of the route GET /forgotten, got none'),
  );
});
