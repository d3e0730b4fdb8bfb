import { describe, expect, test } from '@jest/globals';
import { type AsyncApiDocument, asyncApiDocument } from '@mnist-monitor/shared/documents';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { validate } from '@readme/openapi-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Fastify from 'fastify';
import { pino } from 'pino';
import { buildGateway, type Gateway } from '../../../src/app.ts';
import { type OpenApi, openapi } from '../../../src/http/documents/openapi.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { afterTest, temporaryFolder } from '../../support/cleanup.ts';
import { startGateway } from '../../support/gateway.ts';
import { publish } from '../../support/publisher.ts';

const document = openapi('1.2.3');

/** Every route of an app as `get /api/runs/{runId}`, from the tree that Fastify prints. */
function routesOf(app: Gateway['publicApp']): string[] {
  const routes: string[] = [];
  const parents: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent, part, methods] = /^([│ ]*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (part === undefined) continue;
    const depth = indent!.length / 4;
    parents[depth] = part;
    const path = parents.slice(0, depth + 1).join('');
    for (const method of methods?.split(', ') ?? [])
      if (method !== 'HEAD') routes.push(`${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  }
  return routes.sort();
}

const documented = ({ paths }: OpenApi): string[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );

async function build(): Promise<Gateway> {
  const runs = temporaryFolder();
  const gateway = await buildGateway({
    config: { host: '127.0.0.1', ingestHost: '127.0.0.1', runs },
    store: openSqliteStore(runs),
    log: pino({ level: 'silent' }),
  });
  afterTest(() => gateway.close());
  return gateway;
}

test('the AsyncAPI document of a running gateway names the address at which it was asked for', async () => {
  const { url } = await startGateway({ proxies: ['127.0.0.1'], host: '0.0.0.0' });
  const publicServer = async (headers: Record<string, string> = {}): Promise<object> => {
    const { servers } = (await (await fetch(`${url}/asyncapi.json`, { headers })).json()) as AsyncApiDocument;
    return servers.public!;
  };
  expect(await publicServer()).toMatchObject({ host: new URL(url).host, protocol: 'ws' });
  const proxied = { 'x-forwarded-host': 'runs.example', 'x-forwarded-proto': 'https' };
  expect(await publicServer(proxied)).toMatchObject({ host: 'runs.example', protocol: 'wss' });
});

test('the OpenAPI document is valid', async () => {
  const copy = JSON.parse(JSON.stringify(document));
  expect(await validate(copy)).toMatchObject({ valid: true, warnings: [] });
  const wrong = JSON.parse(
    JSON.stringify(document).replaceAll('"operationId":"getRun"', '"operationId":"listRuns"'),
  );
  expect(await validate(wrong)).toMatchObject({ valid: false });
});

describe('the routes of the gateway', () => {
  test('are those that the documents have, no fewer and no more', async () => {
    const { publicApp, ingestApp } = await build();
    await Promise.all([publicApp.ready(), ingestApp.ready()]);
    const { live, ingest } = asyncApiDocument('1.2.3').channels;
    const elsewhere = [`get ${live!.address}`, 'get *'];
    expect(routesOf(publicApp)).toEqual([...documented(document), ...elsewhere].sort());
    expect(routesOf(ingestApp)).toEqual([`get ${ingest!.address}`]);
  });

  test('are read whole from what Fastify prints', async () => {
    const app = Fastify();
    for (const path of ['/a', '/a/:id', '/a/:id/b.csv', '/a/:id/b/:file']) app.get(path, async () => '');
    app.patch('/a/:id', async () => '');
    const routes = ['get /a', 'get /a/{id}', 'get /a/{id}/b.csv', 'get /a/{id}/b/{file}', 'patch /a/{id}'];
    expect(routesOf(app)).toEqual(routes);
  });
});

test('the answers of a gateway are as the document says, problems among them', async () => {
  const gateway = await startGateway({ commandToken: 'secret' });
  const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 3 });
  await publish(gateway.ingestUrl, run);

  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'openapi');
  const encodePart = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
  /** What an answer has that the document does not: the status, the type or what stands in the body. */
  async function unlike(path: string, at = path.replace('{runId}', 'a'), method = 'get'): Promise<unknown> {
    const response = await fetch(gateway.url + at, { method: method.toUpperCase() });
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const place = ['paths', path, method, 'responses', String(response.status), 'content', type, 'schema'];
    const fits = ajv.getSchema(`openapi#/${place.map(encodePart).join('/')}`);
    if (!fits) return `nothing at ${place.join(' ')}`;
    const body = await response.text();
    return (
      fits(type.includes('json') && type !== 'application/jsonl' ? JSON.parse(body) : body) || fits.errors
    );
  }

  const readable = Object.entries(document.paths).filter(
    ([path, { get }]) => get && !path.includes('{file}'),
  );
  for (const [path] of readable) expect([path, await unlike(path)]).toEqual([path, true]);
  for (const at of ['/api/runs/none', '/api/runs/*'])
    expect(await unlike('/api/runs/{runId}', at)).toBe(true);
  expect(await unlike('/api/runs/{runId}/events', '/api/runs/a/events?limit=0')).toBe(true);
  expect(await unlike('/api/runs/{runId}/model/{file}', '/api/runs/a/model/model.json')).toBe(true);
  expect(await unlike('/api/runs/{runId}', '/api/runs/a', 'delete')).toBe(true);
  expect(await unlike('/api/runs', '/api/runs/a')).not.toBe(true);
});

test('the page is made of both documents, and has no script', async () => {
  const { url } = await startGateway();
  const page = await fetch(`${url}/docs`);
  expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self'; style-src 'self'/);
  const text = await page.text();
  expect(text).not.toMatch(/<script|style=|https?:\/\//);
  for (const { operationId } of Object.values(document.paths).flatMap((methods) => Object.values(methods)))
    expect(text).toContain(`id="${operationId}"`);
  const names = [...text.matchAll(/href="#([^"]+)"/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !text.includes(`id="${name}"`))).toEqual([]);
  expect(text).not.toMatch(/undefined|\[object/);
});
