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
    // Node.js has removed its listener where it has stopped to parse: a reset would end the process.
    socket.on('error', () => {});
    socket.once('end', () => socket.destroy());
    socket.end();
    // Node.js continues to read the request in this turn of the event loop, which a listener added before would prevent.
    setImmediate(() => {
      let left = limits.lingerBytes;
      socket.on('data', ({ length }) => {
        left -= length;
        if (left < 0) socket.destroy();
      });
    });
  };
  server.on('connection', (socket: Socket) => {
    // Node.js calls this after the response to a request on a connection to close.
    socket.destroySoon = () => linger(socket);
  });
}

/**
 * Closes the connection after each response that is sent before all of its request has arrived. Node.js would keep the
 * connection open and read the rest without a limit of bytes.
 */
export function closeAfterEarlyResponses(app: FastifyInstance): void {
  app.addHook('onSend', async ({ raw }, reply) => {
    // Undefined for requests of tests that no server has received.
    if (raw.complete !== false) return;
    reply.header('connection', 'close');
    // Node.js discards only requests of which nothing was read.
    raw.resume();
  });
}
