import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { serverFactory } from '../../src/http/http-server.ts';
import { type Limits, limits } from '../../src/limits.ts';
import { ConnectionsPerAddress } from '../../src/sockets/connections-per-address.ts';
import { afterTest } from '../support/cleanup.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { publish } from '../support/publisher.ts';

const token = 'a token of 16 characters or more';
const file = `/runs/a/snapshots/${'0'.repeat(64)}`;
const host = 'Host: localhost\r\n';
const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n`;
/** More than the buffers of the system hold. */
const rest = Buffer.alloc(12_000_000, 'x');
const ofLength = `Content-Length: ${rest.length}\r\n`;

type Port = 'public' | 'ingest';

function connectTo({ url, ingestUrl }: TestGateway, port: Port): Socket {
  const address = new URL(port === 'public' ? url : ingestUrl);
  // The test decides when this side closes the connection.
  const socket = connect({ host: address.hostname, port: Number(address.port), allowHalfOpen: true });
  afterTest(() => socket.destroy());
  return socket;
}

/** Resolves when the system has taken the bytes. Rejects when the connection is reset before. */
const sent = (socket: Socket, bytes: Buffer | string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.write(bytes, () => resolve());
  });

describe('a request that is refused before all of it has arrived', () => {
  test.each<[string, Port, string, number]>([
    ['with a wrong token, over HTTP/1.0', 'ingest', `PUT ${file} HTTP/1.0\r\n${host}${ofLength}`, 401],
    [
      'with a wrong token, on a connection to close',
      'ingest',
      `PUT ${file} HTTP/1.1\r\n${host}${ofLength}Connection: close\r\n`,
      401,
    ],
    ['with a wrong token', 'ingest', `PUT ${file} HTTP/1.1\r\n${host}${ofLength}`, 401],
    [
      'with a body that is too large',
      'public',
      `PATCH /api/runs/a HTTP/1.1\r\n${host}${ofLength}Content-Type: application/json\r\n`,
      413,
    ],
    ['to an unknown address', 'public', `POST /nothing HTTP/1.0\r\n${host}${ofLength}`, 404],
    ['with headers that are too large', 'public', `GET / HTTP/1.1\r\n${host}A: ${'a'.repeat(20_000)}`, 431],
    ['that is no HTTP', 'ingest', 'hello', 400],
    ['that is an upgrade at an unknown address', 'public', `GET /nothing HTTP/1.1\r\n${host}${upgrade}`, 404],
    ['that is an invalid handshake', 'public', `GET /live HTTP/1.1\r\n${host}${upgrade}`, 400],
    ['that asks for a proxy', 'public', `CONNECT a:1 HTTP/1.1\r\n${host}`, 405],
  ])(
    'is answered although its client reads only after it has sent everything: %s (P-214)',
    async (...each) => {
      const [, port, head, status] = each;
      const socket = connectTo(await startGateway({ token }), port);
      socket.pause();
      socket.write(`${head}\r\n`);
      await sent(socket, rest);
      expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    },
  );

  test('is answered when a part of its body was read (P-214)', async () => {
    const gateway = await startGateway();
    const publisher = await publish(gateway.ingestUrl, sampleRun({ runId: 'a' }));
    publisher.connection.socket.close();
    const socket = connectTo(gateway, 'ingest').pause();
    const chunk = Buffer.concat([Buffer.from(`${rest.length.toString(16)}\r\n`), rest]);
    socket.write(`PUT ${file} HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`);
    await sent(socket, chunk);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 413 .*file.too_large/s);
  });
});

test('no request is handled after the response that closes the connection', async () => {
  const handled: (string | undefined)[] = [];
  const server = serverFactory({
    limits,
    connections: new ConnectionsPerAddress({ limit: 1, isExempt: () => true, onRefused: () => {} }),
    onUnreadable: () => {},
  })((request, response) => {
    handled.push(request.url);
    response.setHeader('connection', 'close').end();
  }, {});
  server.listen(0, '127.0.0.1');
  afterTest(() => server.close());
  await once(server, 'listening');
  const connected = once(server, 'connection');
  const socket = connect({ port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  const closed = once((await connected)[0], 'close');
  socket.write(`PUT /1 HTTP/1.1\r\n${host}Content-Length: 4\r\n\r\n`);
  await once(socket, 'data');
  socket.end(`restGET /2 HTTP/1.1\r\n${host}\r\n`);
  await closed;
  expect(handled).toEqual(['/1']);
});

describe('a connection on which a request was refused is cut', () => {
  const refused = `PUT ${file} HTTP/1.1\r\n${host}Content-Length: 1000000\r\n\r\n`;
  async function refuse(changed: Partial<Limits>): Promise<() => Promise<Socket>> {
    const gateway = await startGateway({ token, limits: changed });
    return async () => {
      const socket = connectTo(gateway, 'ingest');
      socket.on('error', () => {});
      socket.write(refused);
      await once(socket, 'data');
      return socket;
    };
  }
  /** Resolves when the gateway has cut a connection, which this side leaves half open. */
  const isCut = (socket: Socket, write: string | Buffer): Promise<void> =>
    new Promise((resolve) => {
      socket.once('close', () => resolve());
      const next = (): unknown => !socket.destroyed && socket.write(write, () => setImmediate(next));
      next();
    });

  test('when it goes on sending more than the limit of bytes (P-266, S-32)', async () => {
    const connectAndRefuse = await refuse({ lingerBytes: 100_000, lingerMs: 60_000 });
    await isCut(await connectAndRefuse(), rest.subarray(0, 200_000));
  });

  test('when it is not closed in time (P-266, S-32)', async () => {
    const connectAndRefuse = await refuse({ lingerMs: 50 });
    await isCut(await connectAndRefuse(), 'x');
  });

  test('when too many others have followed (P-266, S-32)', async () => {
    const connectAndRefuse = await refuse({ lingeringConnections: 2, lingerMs: 60_000 });
    const [first, second, third] = [
      await connectAndRefuse(),
      await connectAndRefuse(),
      await connectAndRefuse(),
    ];
    await isCut(first, 'x');
    for (const socket of [second, third]) await sent(socket, 'x');
    expect([second.destroyed, third.destroyed]).toEqual([false, false]);
  });
});
