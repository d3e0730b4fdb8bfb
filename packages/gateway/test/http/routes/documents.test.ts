import { expect, test } from '@jest/globals';
import type { AsyncApiDocument } from '@mnist-monitor/shared/documents';
import { pino } from 'pino';
import { createApp } from '../../../src/http/app.ts';
import { addDocumentRoutes } from '../../../src/http/routes/documents.ts';
import { limits } from '../../../src/limits.ts';
import { Metrics } from '../../../src/metrics.ts';
import { startGateway } from '../../support/gateway.ts';

test('the AsyncAPI document names the address at which it was requested', async () => {
  const { url } = await startGateway({ proxies: ['127.0.0.1'], host: '0.0.0.0' });
  const publicServer = async (headers: Record<string, string> = {}): Promise<object> => {
    const { servers } = (await (await fetch(`${url}/asyncapi.json`, { headers })).json()) as AsyncApiDocument;
    return servers.public!;
  };
  expect(await publicServer()).toMatchObject({ host: new URL(url).host, protocol: 'ws' });
  const proxied = { 'x-forwarded-host': 'runs.example', 'x-forwarded-proto': 'https' };
  expect(await publicServer(proxied)).toMatchObject({ host: 'runs.example', protocol: 'wss' });
});

test('a route without a schema is refused, so that none is missing from the documents', () => {
  const app = createApp({ log: pino({ level: 'silent' }), limits, metrics: new Metrics() });
  addDocumentRoutes(app);
  expect(() => app.get('/forgotten', async () => '')).toThrow(
    new TypeError('expected a schema of the route GET /forgotten, got none'),
  );
});
