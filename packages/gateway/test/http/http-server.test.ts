import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { buildGateway } from '../../src/app.ts';
import { handleInTurn, serverFactory, WebSocketOnlyMessage } from '../../src/http/http-server.ts';
import { limits } from '../../src/limits.ts';
import { ConnectionsPerAddress } from '../../src/sockets/connections-per-address.ts';
import { afterTest } from '../support/cleanup.ts';
import { startGateway } from '../support/gateway.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { until } from '../support/until.ts';

/** Starts a server whose responses the test ends, and connects to it. */
async function connectToServer(maxWaiting: number) {
  const handled: { url: string | undefined; response: ServerResponse }[] = [];
  const server = createServer(
    handleInTurn(({ url }, response) => handled.push({ url, response }), maxWaiting),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  afterTest(() => {
    socket.destroy();
    server.close();
  });
  const request = (...urls: string[]): void => {
    socket.write(urls.map((url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  };
  return { handled, socket, request };
}

test('pipelined requests of a connection are handled one after the other, in order (S-36)', async () => {
  const { handled, socket, request } = await connectToServer(2);
  let received = '';
  socket.on('data', (data) => {
    received += data;
  });
  request('/1', '/2', '/3');
  for (const count of [1, 2, 3]) {
    await until(() => handled.length === count);
    // Every request has arrived, since they came in one packet.
    expect(handled.map(({ url }) => url)).toEqual(['/1', '/2', '/3'].slice(0, count));
    handled.at(-1)!.response.end(`body ${count}`);
  }
  await until(() => received.includes('body 3'));
  expect(received.match(/body \d/g)).toEqual(['body 1', 'body 2', 'body 3']);
  request('/4');
  await until(() => handled.length === 4);
});

test('a connection on which too many requests wait is reset, and none of them is handled (P-264)', async () => {
  const { handled, socket, request } = await connectToServer(2);
  const failed = once(socket, 'error');
  request('/1', '/2', '/3', '/4');
  expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
  expect(handled.map(({ url }) => url)).toEqual(['/1']);
});

const lateBody = `PATCH /api/runs/a HTTP/1.1
Host: localhost
Content-Type: application/json
Content-Length: 9

{`.replaceAll('\n', '\r\n');
test.each([
  ['headers do', 'url', 'GET /healthz HTTP/1.1\r\nHost: local'],
  ['headers do', 'ingestUrl', 'GET /healthz HTTP/1.1\r\nHost: local'],
  ['body does', 'url', lateBody],
] as const)(
  'a request whose %s not arrive in time at the %s is answered with 408, and disconnected (P-265, S-31)',
  async (_what, port, begin) => {
    const limits = { headersTimeoutMs: 50, requestTimeoutMs: 50, connectionsCheckMs: 10 };
    const gateway = await startGateway({ limits });
    const socket = connect(Number(new URL(gateway[port]).port), '127.0.0.1');
    afterTest(() => socket.destroy());
    socket.write(begin);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  },
);

test.each([
  [
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n',
    ['request GET ', 'request PATCH {"a":1}'],
  ],
  ['Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n', ['request GET ', 'request PATCH {"a":1}']],
  ['Upgrade: WebSocket\r\nConnection: Upgrade\r\n', ['upgrade GET']],
  ['Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n', ['upgrade GET']],
])('requests with %j are upgrades only if they ask for a WebSocket (P-254)', async (headers, expected) => {
  const seen: string[] = [];
  const server = createServer({ IncomingMessage: WebSocketOnlyMessage }, async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    seen.push(`request ${request.method} ${Buffer.concat(body)}`);
    response.end();
  });
  server.on('upgrade', ({ method }, socket) => {
    seen.push(`upgrade ${method}`);
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  afterTest(() => {
    socket.destroy();
    server.close();
  });
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
  await until(() => seen.length === 1);
  if (expected.length > 1) {
    socket.write(`PATCH / HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: 7\r\n\r\n{"a":1}`);
    await until(() => seen.length === 2);
  }
  expect(seen).toEqual(expected);
});

test.each([
  [undefined, 10_000],
  [100, 10_000],
  [6_000, 11_000],
])('a port of a gateway with --viewers %p has room for %p connections (P-252)', async (viewers, expected) => {
  const config = {
    ...{ host: '127.0.0.1', ingestHost: '127.0.0.1', runs: 'nowhere', token: undefined },
    ...(viewers !== undefined && { viewers }),
  };
  const log = pino({ level: 'silent' });
  const { publicApp, close } = await buildGateway({ config, store: new MemoryStore(), log });
  afterTest(close);
  expect(publicApp.server.maxConnections).toBe(expected);
});

test('connections beyond the limit of a port are dropped (P-252, S-33)', async () => {
  const server = serverFactory({
    limits: { ...limits, connections: 1 },
    connections: new ConnectionsPerAddress({ limit: 1, isExempt: () => true, onRefused: () => {} }),
    onUnreadable: () => {},
  })((_request, response) => response.end(), {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = (): Socket => connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [first, second] = [open(), open()];
  afterTest(() => {
    first.destroy();
    server.close();
  });
  second.on('error', () => {});
  await once(second, 'close');
  first.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(String((await once(first, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
});

test('connections of an address beyond its limit are dropped (P-253, S-33)', async () => {
  const refused: string[] = [];
  const onRefused = (address: string): number => refused.push(address);
  const server = serverFactory({
    limits,
    connections: new ConnectionsPerAddress({ limit: 1, isExempt: () => false, onRefused }),
    onUnreadable: () => {},
  })((_request, response) => response.end(), {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = (): Socket => connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [first, second] = [open(), open()];
  afterTest(() => {
    first.destroy();
    server.close();
  });
  second.on('error', () => {});
  await once(second, 'close');
  expect(refused).toEqual(['127.0.0.1']);
});
