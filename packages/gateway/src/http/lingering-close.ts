import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Limits } from '../limits.ts';

export type LingeringCloseLimits = Pick<Limits, 'lingerBytes' | 'lingerMs' | 'lingeringConnections'>;

/**
 * Makes `destroySoon` of a server's connections read and discard what the client still sends, until the client closes the
 * connection. Otherwise, the system resets a connection that is closed with unread bytes, and a client or proxy
 * that is still sending its request loses the answer (RFC 9112, section 9.6). A connection that sends more than `lingerBytes`
 * or is open for longer than `lingerMs` is closed, and beyond `lingeringConnections` the one that has lingered for longest.
 */
export function lingerOnClose(server: Server, limits: LingeringCloseLimits): void {
  const lingering = new Set<Socket>();
  const linger = (socket: Socket): void => {
    if (socket.destroyed || lingering.has(socket)) return;
    const [oldest] = lingering;
    if (oldest && lingering.size >= limits.lingeringConnections) oldest.destroy();
    lingering.add(socket);
    const timer = setTimeout(() => socket.destroy(), limits.lingerMs).unref();
    socket.once('close', () => {
      clearTimeout(timer);
      lingering.delete(socket);
    });
    // Node.js removes its own listener when it stops parsing. Without any, a reset by the client would end the process.
    socket.on('error', () => {});
    socket.once('end', () => socket.destroy());
    socket.end();
    // Waits for the next turn of the event loop: Node.js still reads the request in this one, which a `data` listener would prevent.
    setImmediate(() => {
      let left = limits.lingerBytes;
      socket.on('data', ({ length }) => {
        left -= length;
        if (left < 0) socket.destroy();
      });
    });
  };
  function destroySoon(this: Socket): void {
    linger(this);
  }
  server.on('connection', (socket: Socket) => {
    // Node.js calls `destroySoon` after the last response on a connection.
    socket.destroySoon = destroySoon;
  });
}

/**
 * Closes the connection after each response that is sent before all of its request has arrived. Node.js would keep the
 * connection open and read the rest without a limit of bytes.
 */
export function closeAfterEarlyResponses(app: FastifyInstance): void {
  app.addHook('onSend', async ({ raw }, reply) => {
    // `complete` is undefined in tests that inject a request without a connection.
    if (raw.complete !== false) return;
    reply.header('connection', 'close');
    // Discards the rest of the request. Node.js does so itself only if nothing of the request was read.
    raw.resume();
  });
}
