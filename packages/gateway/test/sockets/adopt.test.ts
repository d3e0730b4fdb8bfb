import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import { adopt } from '../../src/sockets/adopt.ts';
import type { Peer } from '../../src/sockets/peer.ts';
import { afterTest } from '../support/cleanup.ts';
import { type Connection, connect } from '../support/connection.ts';

type OnMessage = (text: string, peer: Peer) => void | Promise<void>;

async function pair(onMessage: OnMessage): Promise<{ peer: Peer; connection: Connection }> {
  const server = new WebSocketServer({ port: 0 });
  afterTest(() => new Promise((resolve) => server.close(resolve)));
  const adopted = new Promise<Peer>((resolve) => {
    server.on('connection', (socket, { socket: stream }) => {
      const limits = { pingIntervalMs: 60_000, pongTimeoutMs: 60_000 };
      resolve(adopt(socket, { stream, log: pino({ level: 'silent' }), limits, onMessage }));
    });
  });
  const { port } = server.address() as { port: number };
  const connection = await connect(`ws://127.0.0.1:${port}`);
  return { peer: await adopted, connection };
}

describe('an adopted socket', () => {
  test.each<[string, OnMessage]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
  ])('whose handler %s is closed as internal, and the process lives', async (_how, onMessage) => {
    const { connection } = await pair(onMessage);
    connection.socket.send('hello');
    expect((await connection.closed).code).toBe(closeCodes.internal.code);
  });

  test('hands on nothing that comes after it was told to close', async () => {
    const got: string[] = [];
    const { connection } = await pair((text, peer) => {
      got.push(text);
      peer.close('invalid');
    });
    for (const text of ['one', 'two', 'three']) connection.socket.send(text);
    await connection.closed;
    expect(got).toEqual(['one']);
  });

  test('says why it closes, cut to what a close frame holds', async () => {
    const { peer, connection } = await pair(() => {});
    peer.close('invalid', 'ä'.repeat(100));
    const { code, reason } = await connection.closed;
    expect(code).toBe(closeCodes.invalid.code);
    expect(reason).toMatch(/^ä{59}…$/);
  });

  test('resolves a write when the message has left, and when the connection is gone', async () => {
    const { peer, connection } = await pair(() => {});
    await peer.write('"one"');
    expect(await connection.next()).toBe('one');
    connection.socket.terminate();
    await new Promise((resolve) => peer.gone.addEventListener('abort', resolve));
    await peer.write('"two"');
    peer.send('"three"');
  });

  test('sends what was said in one turn of the event loop in one piece, in order', async () => {
    const { peer, connection } = await pair(() => {});
    const stream = (connection.socket as unknown as { _socket: Socket })._socket;
    let pieces = 0;
    stream.on('data', () => pieces++);
    for (const word of ['"one"', '"two"', '"three"']) peer.send(word);
    expect([await connection.next(), await connection.next(), await connection.next()]).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(pieces).toBe(1);
  });

  test('sends what was said before it was told to close', async () => {
    const { peer, connection } = await pair(() => {});
    peer.send('"last"');
    peer.close('goingAway');
    expect(await connection.next()).toBe('last');
    expect((await connection.closed).code).toBe(closeCodes.goingAway.code);
  });
});
