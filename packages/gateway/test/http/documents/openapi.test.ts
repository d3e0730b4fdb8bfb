import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { patternsIn, sampleRun } from '@mnist-monitor/shared/testing';
import { validate } from '@readme/openapi-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import type { OpenApi } from '../../../src/http/documents/openapi.ts';
import { startGateway } from '../../support/gateway.ts';
import { publish } from '../../support/publisher.ts';

async function readDocument(url: string): Promise<OpenApi> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
}

test('the OpenAPI document is valid (P-177)', async () => {
  const { url } = await startGateway();
  const text = await (await fetch(`${url}/openapi.json`)).text();
  expect(await validate(JSON.parse(text))).toMatchObject({ valid: true, warnings: [] });
  const wrong = JSON.parse(text.replaceAll('"operationId":"getRun"', '"operationId":"listRuns"'));
  expect(await validate(wrong)).toMatchObject({ valid: false });
});

describe('the OpenAPI document', () => {
  test('names its server relative to its own address, which a proxy may have put below a path', async () => {
    const { url } = await startGateway();
    const { servers } = await readDocument(url);
    const addresses = servers.map(
      (server) => new URL(server.url, 'https://example.org/monitor/openapi.json').href,
    );
    expect(addresses).toEqual(['https://example.org/monitor/']);
  });

  // RE2's syntax is that of Go, Rust and many validators. It has no lookahead, no lookbehind and no backreferences.
  test('has only patterns that RE2 can compile', async () => {
    const { url } = await startGateway();
    const patterns = patternsIn(await readDocument(url));
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of patterns) expect(() => RE2JS.compile(pattern)).not.toThrow();
  });

  test('refuses a change of a run that changes nothing', async () => {
    const { url } = await startGateway();
    const { components } = await readDocument(url);
    expect(components.schemas.RunChanges).toMatchObject({ minProperties: 1, additionalProperties: false });
  });

  test('has the routes that docs/protocol.md lists, no fewer and no more (P-157)', async () => {
    const { url } = await startGateway();
    const { paths } = await readDocument(url);
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const page = readFileSync(new URL('../../../../../../docs/protocol.md', import.meta.url), 'utf8');
    const listed = page.matchAll(/`((?:GET|PATCH|POST|DELETE) \/[^`?]*)/g);
    expect(routes.sort()).toEqual([...new Set([...listed].map(([, route]) => route!))].sort());
  });

  test('lists the parameters of a route with their limits, defaults and meanings (P-161, P-187, P-197)', async () => {
    const { url } = await startGateway();
    const { paths } = await readDocument(url);
    const { parameters } = paths['/api/runs/{runId}/events']!.get!;
    expect(parameters).toMatchObject([
      { in: 'query', name: 'after', required: false, schema: { type: 'integer', minimum: 0, default: 0 } },
      { in: 'query', name: 'limit', schema: { minimum: 1, maximum: 2_000, default: 500 } },
      { in: 'query', name: 'types', style: 'form', explode: false, schema: { type: 'array' } },
      { in: 'path', name: 'runId', required: true, schema: { type: 'string' } },
    ]);
    expect(parameters![0]!.description).toMatch(/./);
    const points = { minimum: 2, maximum: 10_000, default: 1_000 };
    for (const [path, name, schema] of [
      ['/api/runs/{runId}/series', 'points', points],
      ['/api/runs', 'limit', { minimum: 1, maximum: 500, default: 500 }],
    ] as const) {
      const found = paths[path]!.get!.parameters!.find((each) => each.name === name);
      expect(found).toMatchObject({ in: 'query', required: false, schema });
    }
  });
});

test('the responses of a gateway, problems included, match the document (P-158)', async () => {
  const gateway = await startGateway({ commandToken: 'secret' });
  const document = await readDocument(gateway.url);
  const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 3 });
  await publish(gateway.ingestUrl, run);

  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'openapi');
  const encodePart = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
  /** Returns true when the document describes a response, else the status, type or field that it does not describe. */
  async function matches(path: string, at = path.replace('{runId}', 'a'), method = 'get'): Promise<unknown> {
    const response = await fetch(gateway.url + at, { method: method.toUpperCase() });
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const pointer = ['paths', path, method, 'responses', String(response.status), 'content', type, 'schema'];
    const check = ajv.getSchema(`openapi#/${pointer.map(encodePart).join('/')}`);
    if (!check) return `nothing at ${pointer.join(' ')}`;
    const body = await response.text();
    const isJson = type.includes('json') && type !== 'application/jsonl';
    return check(isJson ? JSON.parse(body) : body) || check.errors;
  }

  const readable = Object.entries(document.paths).filter(
    ([path, { get }]) => get && !path.includes('{file}'),
  );
  for (const [path] of readable) expect([path, await matches(path)]).toEqual([path, true]);
  for (const at of ['/api/runs/none', '/api/runs/*'])
    expect(await matches('/api/runs/{runId}', at)).toBe(true);
  expect(await matches('/api/runs/{runId}/events', '/api/runs/a/events?limit=0')).toBe(true);
  expect(await matches('/api/runs/{runId}/model/{file}', '/api/runs/a/model/model.json')).toBe(true);
  expect(await matches('/api/runs/{runId}', '/api/runs/a', 'delete')).toBe(true);
  expect(await matches('/api/runs', '/api/runs/a')).not.toBe(true);
});
