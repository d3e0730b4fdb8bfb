import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyServerFactory } from 'fastify';
import type { Limits } from '../limits.ts';
import type { ConnectionsPerAddress } from '../sockets/connections-per-address.ts';

export type HttpServerLimits = Pick<
  Limits,
  | 'connections'
  | 'connectionsCheckMs'
  | 'headersTimeoutMs'
  | 'keepAliveMs'
  | 'pipelinedRequests'
  | 'requestTimeoutMs'
>;

/** Returns the factory of the HTTP servers below an app: one for each address that its host name has. */
export const serverFactory =
  (limits: HttpServerLimits, connections: ConnectionsPerAddress): FastifyServerFactory =>
  (handler) => {
    const options = {
      keepAliveTimeout: limits.keepAliveMs,
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckMs,
    };
    const server = createServer(options, handleInTurn(handler, limits.pipelinedRequests));
    server.maxConnections = limits.connections;
    connections.limitServer(server);
    return server;
  };

/**
 * Handles the requests of a connection one after the other: when a client pipelines them, Node.js would handle all at
 * once and buffer every response. A connection on which more than `maxWaiting` wait is reset, since each waiting request
 * costs 10 kB from its first 30 bytes on.
 */
export function handleInTurn(handler: RequestListener, maxWaiting: number): RequestListener {
  const queues = new WeakMap<Socket, [IncomingMessage, ServerResponse][]>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    response.once('close', () => {
      const next = queues.get(socket)?.shift();
      if (!next) queues.delete(socket);
      else if (!socket.destroyed) handle(...next);
    });
    handler(request, response);
  };
  return (request, response) => {
    const { socket } = request;
    const queue = queues.get(socket);
    if (!queue) {
      queues.set(socket, []);
      handle(request, response);
    } else if (queue.length < maxWaiting) queue.push([request, response]);
    else socket.resetAndDestroy();
  };
}
