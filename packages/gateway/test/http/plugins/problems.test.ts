import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MonitorError } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { pino } from 'pino';
import { buildGateway, type Gateway } from '../../../src/app.ts';
import { toNewEvent } from '../../../src/store/store.ts';
import { afterTest } from '../../support/cleanup.ts';
import { useGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';

describe('a problem', () => {
  let gateway: Gateway;
  let store: MemoryStore;
  beforeAll(async () => {
    store = new MemoryStore();
    await store.append('a', sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }).map(toNewEvent));
    const config = { host: '127.0.0.1', ingestHost: '127.0.0.1', runs: 'nowhere' };
    gateway = await buildGateway({ config, store, log: pino({ level: 'silent' }) });
  });
  afterAll(() => gateway.close());

  const get = (url: string, host = 'localhost:5000') => gateway.publicApp.inject({ url, headers: { host } });

  test.each([
    ['/api/runs/nowhere', 404, 'run.not_found'],
    ['/api/runs/nowhere/events', 404, 'run.not_found'],
    ['/api/runs/..%2F..%2Fetc', 400, 'request.invalid'],
    [`/api/runs/${'a'.repeat(65)}`, 400, 'request.invalid'],
    [`/api/runs/${'a'.repeat(2_000)}`, 400, 'request.invalid'],
    ['/api/runs/a/events?after=x', 400, 'request.invalid'],
    ['/api/runs/a/events?after=', 400, 'request.invalid'],
    ['/api/runs/a/events?limit=0', 400, 'request.invalid'],
    ['/api/runs/a/events?limit=2001', 400, 'request.invalid'],
    ['/api/runs/a/events?types=weather', 400, 'request.invalid'],
    ['/api/nothing', 404, 'request.not_found'],
    ['/api/runs?limt=1', 400, 'request.invalid'],
    ['/api/runs/a?after=1', 400, 'request.invalid'],
    ['/api/runs/a/events?aftr=1', 400, 'request.invalid'],
    ['/api/runs/a/events?after=1&after=2', 400, 'request.invalid'],
    ['/api/runs/a/series?field=batch.loss', 400, 'request.invalid'],
    ['/api/runs/a/export.jsonl?after=1', 400, 'request.invalid'],
    ['/api/runs/a/export.csv?BOM=true', 400, 'request.invalid'],
    ['/api/runs/a/model/model.json?x=1', 400, 'request.invalid'],
    ['/%zz', 400, 'request.invalid'],
    ['/live', 400, 'request.invalid'],
  ])('answers %s with %d and the code %s (P-74, P-213)', async (url, status, code) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({
      status,
      code,
      title: expect.any(String),
      detail: expect.any(String),
    });
  });

  test('hides the details of an internal error (P-216)', async () => {
    const { summary } = store;
    store.summary = () => Promise.reject(new Error('secret path'));
    const answer = await get('/api/runs/a');
    store.summary = summary;
    expect(answer.statusCode).toBe(500);
    expect(answer.json().code).toBe('internal');
    expect(answer.body).not.toContain('secret');
  });

  test('has Retry-After while the store cannot be read (P-270)', async () => {
    const { summary } = store;
    store.summary = () => Promise.reject(new MonitorError('store.failing', 'the disk fails'));
    const answer = await get('/api/runs/a');
    store.summary = summary;
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'store.failing']);
    expect(answer.headers['retry-after']).toBe('10');
  });

  test('refuses a Host that is not this machine (S-9)', async () => {
    const answer = await get('/api/runs', 'evil.example');
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'request.forbidden']);
  });

  test('names the invalid parameter and what was expected of it (P-4, P-74)', async () => {
    expect((await get('/api/runs/a/events?limit=0')).json()).toEqual({
      title: 'Bad Request',
      status: 400,
      code: 'request.invalid',
      detail: 'limit: expected at least 1, got 0',
    });
    expect((await get('/api/runs/%20')).json().detail).toMatch(/^runId: /);
    expect((await get('/api/runs?limt=1')).json().detail).toBe(
      'unknown parameter "limt": expected only limit, cursor, search, order, sort, direction',
    );
    expect((await get('/api/runs?limit=1&limit=2')).json().detail).toBe('limit: expected one value, got 2');
    for (const value of ['1', 'yes', 'True', ''])
      expect((await get(`/api/runs/a/export.csv?bom=${value}`)).json().detail).toBe(
        `bom: expected one of "true", "false", got "${value}"`,
      );
    expect((await get('/api/runs/a?after=1')).json().detail).toBe(
      'unknown parameter "after": expected no parameters',
    );
  });
});

const handshake = (lines: string) =>
  `GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines}\r\n`;
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const version = 'Sec-WebSocket-Version: 13\r\n';

describe.each(['public', 'ingest'])('at the %s port', (port) => {
  const gateway = useGateway();

  /** Sends bytes, and resolves with the headers and the body of the answer, after which the connection is closed. */
  async function answerTo(bytes: string): Promise<[head: string, problem: object]> {
    const { url, ingestUrl } = gateway;
    const isPublic = port === 'public';
    const socket = connect(Number(new URL(isPublic ? url : ingestUrl).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(isPublic ? bytes : bytes.replaceAll('/live', '/ingest'));
    const [head, body] = (await text(socket)).split('\r\n\r\n') as [string, string];
    return [head, JSON.parse(body)];
  }

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'expected an HTTP request'],
    [
      'too large headers',
      `GET / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'expected at most 16 kB of headers',
    ],
    [
      'a request without Host',
      'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n',
      400,
      'expected a Host, got none',
    ],
    [
      'an upgrade without Host',
      handshake(key + version).replace('Host: localhost\r\n', ''),
      400,
      'expected a Host, got none',
    ],
    ['an upgrade without a key', handshake(version), 400, expect.stringMatching(/Sec-WebSocket-Key/)],
    [
      'an upgrade with an invalid key',
      handshake(`Sec-WebSocket-Key: x\r\n${version}`),
      400,
      expect.stringMatching(/^expected a WebSocket handshake \(RFC 6455\), got .*Sec-WebSocket-Key header$/),
    ],
    [
      'an upgrade of another version',
      handshake(`${key}Sec-WebSocket-Version: 7\r\n`),
      400,
      expect.stringMatching(/Sec-WebSocket-Version header$/),
    ],
    [
      'an upgrade with invalid subprotocols',
      handshake(`${key}${version}Sec-WebSocket-Protocol: a,,b\r\n`),
      400,
      expect.stringMatching(/Sec-WebSocket-Protocol header$/),
    ],
    [
      'an upgrade to two protocols at once',
      handshake(key + version).replace('websocket', 'h2c, websocket'),
      400,
      expect.stringMatching(/Upgrade header$/),
    ],
  ])(
    '%s is answered with a problem, and the connection closed (P-215)',
    async (_name, bytes, status, detail) => {
      const [head, problem] = await answerTo(bytes);
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head).toMatch(/\r\ncontent-type: application\/problem\+json; charset=utf-8(\r\n|$)/i);
      expect(problem).toEqual({ title: expect.any(String), status, code: 'request.invalid', detail });
      expect(/sec-websocket-version: 13/i.test(head)).toBe(/Version: 7/.test(bytes));
    },
  );

  test.each([
    ['an upgrade with POST', handshake(key + version).replace('GET', 'POST'), 'GET'],
    ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n', 'GET, HEAD, OPTIONS'],
  ])('%s is answered with 405 and Allow (P-215)', async (_name, bytes, allow) => {
    const [head, problem] = await answerTo(bytes);
    expect(head).toMatch(/^HTTP\/1.1 405 /);
    expect(/\r\nallow: (.*)/i.exec(head)?.[1]).toBe(allow);
    expect(problem).toMatchObject({ status: 405, code: 'request.method_not_allowed' });
  });

  test('an upgrade with HEAD is answered with 405 and no body', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(handshake(key + version).replace('GET', 'HEAD'));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 405 [\s\S]*\r\n\r\n$/);
  });

  test('an unknown Expect is ignored', async () => {
    const [head, problem] = await answerTo(
      'GET /nothing HTTP/1.1\r\nHost: localhost\r\nExpect: a miracle\r\nConnection: close\r\n\r\n',
    );
    expect(head).toMatch(/^HTTP\/1.1 404 /);
    expect(problem).toMatchObject({ code: 'request.not_found' });
  });
});

test('what is no HTTP is answered with a problem at each address of a host name', async () => {
  const gateway = await buildGateway({
    config: { host: 'localhost', ingestHost: '127.0.0.1', runs: 'nowhere' },
    store: new MemoryStore(),
    log: pino({ level: 'silent' }),
  });
  afterTest(() => gateway.close());
  await gateway.publicApp.listen({ host: 'localhost', port: 0 });
  for (const { address, port } of gateway.publicApp.addresses() as AddressInfo[]) {
    const socket = connect(port, address);
    socket.write('hello\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 [\s\S]*problem\+json/);
  }
});
