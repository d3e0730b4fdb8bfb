import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import type { Limits } from '../../src/limits.ts';
import { createPeer, type PeerContext } from '../../src/sockets/create-peer.ts';
import { frameTexts } from '../../src/sockets/frames.ts';
import { KeepAlive } from '../../src/sockets/keep-alive.ts';
import type { Peer } from '../../src/sockets/peer.ts';
import { afterTest } from '../support/cleanup.ts';
import { type Connection, connect } from '../support/connection.ts';
import { until } from '../support/until.ts';

type OnMessage = (text: string, peer: Peer) => void | Promise<void>;

/** A message of 16 MB: more than fits into the buffers of the system. */
const large = JSON.stringify('x'.repeat(16 * 1024 * 1024));

/** Opens a connection, and resolves with both ends: the peer and its client. */
async function openPair(
  onMessage: OnMessage,
  changed: Partial<Limits> = {},
): Promise<{ peer: Peer; connection: Connection }> {
  const server = new WebSocketServer({ port: 0 });
  afterTest(() => new Promise((resolve) => server.close(resolve)));
  const created = new Promise<Peer>((resolve) => {
    server.on('connection', (socket, { socket: stream }) => {
      const limits = { pingIntervalMs: 60_000, pongTimeoutMs: 60_000, closeTimeoutMs: 60_000, ...changed };
      const context: PeerContext = {
        ...{ log: pino({ level: 'silent' }), limits },
        keepAlive: new KeepAlive(limits),
      };
      resolve(createPeer(socket, { stream, address: '127.0.0.1', onMessage }, context));
    });
  });
  const { port } = server.address() as { port: number };
  const connection = await connect(`ws://127.0.0.1:${port}`);
  return { peer: await created, connection };
}

describe('a peer', () => {
  test.each<[string, OnMessage]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
  ])('whose handler %s is closed as internal, and the process survives (P-156)', async (_how, onMessage) => {
    const { connection } = await openPair(onMessage);
    connection.socket.send('hello');
    expect((await connection.closed).code).toBe(closeCodes.internal.code);
  });

  test('is cut with a code, without waiting for an answer', async () => {
    const { peer, connection } = await openPair(() => {});
    connection.socket.pause();
    peer.cut('helloTimeout');
    connection.socket.resume();
    expect((await connection.closed).code).toBe(closeCodes.helloTimeout.code);
  });

  test('ignores messages after close', async () => {
    const got: string[] = [];
    const { connection } = await openPair((text, peer) => {
      got.push(text);
      peer.close('invalid');
    });
    for (const text of ['one', 'two', 'three']) connection.socket.send(text);
    await connection.closed;
    expect(got).toEqual(['one']);
  });

  test('sends the reason of a close, shortened to what a close frame holds', async () => {
    const { peer, connection } = await openPair(() => {});
    peer.close('invalid', 'ä'.repeat(100));
    const { code, reason } = await connection.closed;
    expect(code).toBe(closeCodes.invalid.code);
    expect(reason).toMatch(/^ä{59}…$/);
  });

  test('sends many framed messages in one write', async () => {
    const { peer, connection } = await openPair(() => {});
    const stream = (connection.socket as unknown as { _socket: Socket })._socket;
    let pieces = 0;
    stream.on('data', () => pieces++);
    peer.sendFrames(frameTexts(['"one"', '"two"', '"three"']).bytes);
    expect([await connection.next(), await connection.next(), await connection.next()]).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(pieces).toBe(1);
  });

  test('reports when everything sent has left the process', async () => {
    const { peer, connection } = await openPair(() => {});
    expect(await peer.drained(20)).toBe(true);
    connection.socket.pause();
    peer.send(large);
    const drained = peer.drained(20_000);
    connection.socket.resume();
    expect(await drained).toBe(true);
    expect(peer.bufferedBytes).toBe(0);
  });

  test('reports when nothing leaves the process any more, and when the connection is closed', async () => {
    const { peer, connection } = await openPair(() => {});
    connection.socket.pause();
    peer.send(large);
    expect(await peer.drained(20)).toBe(false);
    const drained = peer.drained(20_000);
    connection.socket.terminate();
    expect(await drained).toBe(true);
    peer.send('"unheard"');
  });

  test('stays connected while it is paused and cannot receive a pong', async () => {
    const limits = { pingIntervalMs: 20, pongTimeoutMs: 20 };
    const got: string[] = [];
    const { peer, connection } = await openPair((text) => void got.push(text), limits);
    const { socket } = connection;
    const pong = socket.pong.bind(socket);
    let answers = false;
    socket.pong = (...given: unknown[]) => answers && pong(...(given as []));
    await once(socket, 'ping');
    peer.pause();
    answers = true;
    socket.pong();
    socket.send('"still here"');
    await delay(100);
    peer.resume();
    await until(() => got.length > 0);
    await delay(50);
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test('is reset when its client ends the connection without a close frame, and reads nothing more (P-249)', async () => {
    const { peer, connection } = await openPair(() => {}, { pingIntervalMs: 20, pongTimeoutMs: 20 });
    const closed = new Promise<void>((resolve) => peer.onClose(resolve));
    connection.socket.pause();
    peer.send(large);
    (connection.socket as unknown as { _socket: Socket })._socket.end();
    await closed;
    expect(peer.isClosed).toBe(true);
  });

  test('is cut when it does not answer a close (P-267)', async () => {
    const limits = { closeTimeoutMs: 20 };
    const { peer, connection } = await openPair(() => {}, limits);
    connection.socket.pause();
    peer.send(large);
    const cut = peer.drained(60_000);
    peer.close('slow');
    expect(await cut).toBe(true);
    connection.socket.resume();
    expect((await connection.closed).code).toBe(1006);
  });

  test('sends the messages before a close', async () => {
    const { peer, connection } = await openPair(() => {});
    peer.send('"last"');
    peer.close('goingAway');
    expect(await connection.next()).toBe('last');
    expect((await connection.closed).code).toBe(closeCodes.goingAway.code);
  });
});
