import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { OpenApi } from '../../../src/http/documents/openapi.ts';
import { useGateway } from '../../support/gateway.ts';

const gateway = useGateway();

interface Answer {
  status: number | undefined;
  allow: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any problem.
  body: any;
}

/** Sends a request with any method: `fetch` refuses some. */
async function send(url: string, method: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request(url, { method, headers, agent: false }, resolve).on('error', reject).end();
  });
  const { statusCode: status, headers: answered } = response;
  const body = answered['content-type']?.includes('json')
    ? await json(response)
    : response.resume() && undefined;
  return { status, allow: answered.allow, body };
}

describe('a request with a method that its path does not support', () => {
  test.each([
    ['DELETE', '/api/runs', 'GET, HEAD, OPTIONS'],
    ['POST', '/api/runs?limit=1', 'GET, HEAD, OPTIONS'],
    ['PUT', '/api/runs/a', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['TRACE', '/api/runs/a/events', 'GET, HEAD, OPTIONS'],
    ['PROPFIND', '/api/runs/a/export.csv', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/api/runs/a/model/model.json', 'GET, HEAD, OPTIONS'],
    ['GET', '/live/check', 'OPTIONS, POST'],
    ['POST', '/live', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/', 'GET, HEAD, OPTIONS'],
    ['POST', '/index.html', 'GET, HEAD, OPTIONS'],
    ['POST', '/docs', 'GET, HEAD, OPTIONS'],
  ])('is answered with 405 and the methods in Allow: %s %s (P-183)', async (method, path, allow) => {
    const answer = await send(gateway.url + path, method);
    expect([answer.status, answer.allow]).toEqual([405, allow]);
    expect(answer.body).toEqual({
      title: 'Method Not Allowed',
      status: 405,
      code: 'request.method_not_allowed',
      detail: `expected ${allow}, got ${method}`,
    });
  });

  test('is answered with 405 for any type of body', async () => {
    for (const type of ['application/json', 'text/strange']) {
      const headers = { 'content-type': type, 'content-length': '0' };
      expect(await send(`${gateway.url}/api/runs`, 'POST', headers)).toMatchObject({ status: 405 });
    }
  });

  test('is answered with 403 when it comes from a page of another site', async () => {
    const answer = await send(`${gateway.url}/api/runs`, 'POST', { origin: 'http://evil.example' });
    expect([answer.status, answer.body.code]).toEqual([403, 'request.forbidden']);
  });

  test('is answered with 405 on the ingest port', async () => {
    const answer = await send(gateway.ingestUrl.replace('ws:', 'http:'), 'POST');
    expect([answer.status, answer.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

test.each([
  ['DELETE', '/nothing'],
  ['POST', '/api/runs/a/b'],
  ['POST', '/api/runs/'],
  ['POST', '/assets'],
  ['POST', '/..%2f..%2fpackage.json'],
  ['POST', '/%00'],
  ['OPTIONS', '/nothing'],
  ['GET', '/assets/none.js'],
])('%s %s is answered with 404, because the path does not exist', async (method, path) => {
  const answer = await send(gateway.url + path, method);
  expect([answer.status, answer.allow]).toEqual([404, undefined]);
  expect(answer.body.code).toBe('request.not_found');
});

test('a path of a route with a line break in a name is not found', async () => {
  for (const path of [`/api/runs/a/snapshots/${'0'.repeat(64)}/a%0Db.npy`, '/api/runs/a/arrays/a%0Ab.npy']) {
    expect(await send(gateway.url + path, 'GET')).toMatchObject({
      status: 404,
      body: { code: 'request.not_found' },
    });
    expect(await send(gateway.url + path, 'PUT')).toMatchObject({ status: 405 });
  }
});

test('OPTIONS lists the methods of every route that the document describes (P-183)', async () => {
  const { paths } = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as OpenApi;
  for (const [path, operations] of Object.entries(paths)) {
    const declared = Object.keys(operations).map((method) => method.toUpperCase());
    const expected = [...declared, ...(declared.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
    const answer = await send(gateway.url + path.replace(/\{\w+\}/g, 'a'), 'OPTIONS');
    expect([path, answer.status, answer.allow]).toEqual([path, 204, expected.join(', ')]);
  }
});

test('HEAD has the headers of GET, without a body (P-184)', async () => {
  const head = await fetch(`${gateway.url}/api/runs`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  expect(await head.text()).toBe('');
});
