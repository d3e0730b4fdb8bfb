import { createServer, IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyServerFactory } from 'fastify';
import type { Limits } from '../limits.ts';
import type { ConnectionsPerAddress } from '../sockets/connections-per-address.ts';
import { type LingeringCloseLimits, lingerOnClose } from './lingering-close.ts';
import { connectRefused } from './plugins/problems.ts';

export type HttpServerLimits = Pick<
  Limits,
  | 'connections'
  | 'connectionsCheckMs'
  | 'headersTimeoutMs'
  | 'keepAliveMs'
  | 'pipelinedRequests'
  | 'requestTimeoutMs'
> &
  LingeringCloseLimits;

export interface HttpServerOptions {
  limits: HttpServerLimits;
  /** Counts and limits the connections of each address. */
  connections: ConnectionsPerAddress;
  /** Answers bytes that are no complete HTTP request, or a CONNECT request, and closes the connection. */
  onUnreadable: (error: NodeJS.ErrnoException, socket: Socket) => void;
}

/** Returns the factory with which Fastify creates its HTTP servers: one for each address of the host name. */
export const serverFactory =
  ({ limits, connections, onUnreadable }: HttpServerOptions): FastifyServerFactory =>
  (handler) => {
    const options = {
      keepAliveTimeout: limits.keepAliveMs,
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckMs,
      IncomingMessage: WebSocketOnlyMessage,
      // Node.js would answer a missing Host without a body. `addTrustChecks` answers it with a problem.
      requireHostHeader: false,
    };
    const handle = handleInTurn(handler, limits.pipelinedRequests);
    const server = createServer(options, handle);
    // Without these listeners, Node.js closes the connection, or answers with a status alone.
    server.on('clientError', (error, socket) => onUnreadable(error, socket as Socket));
    server.on('connect', (_request, socket) =>
      onUnreadable(Object.assign(new Error('CONNECT'), { code: connectRefused }), socket as Socket),
    );
    // An unknown `Expect` may be ignored (RFC 9110, section 10.1.1).
    server.on('checkExpectation', handle);
    server.maxConnections = limits.connections;
    connections.limitServer(server);
    lingerOnClose(server, limits);
    return server;
  };

/**
 * A request that counts as an upgrade only if it asks for a WebSocket, or is CONNECT. Java's `HttpClient` and `curl --http2`
 * offer HTTP/2 (`Upgrade: h2c`) with ordinary requests, and a server that stays with HTTP/1.1 ignores that (RFC 9110, 7.8).
 * Node.js emits `upgrade` for each offer as soon as the event has a listener, and does not read the body of such a request.
 */
export class WebSocketOnlyMessage extends IncomingMessage {
  /** Assigned by Node.js: null at first, then whether the request has the headers of an upgrade. */
  set upgrade(offered: boolean | null) {
    upgradeOffers.set(this, offered === true);
  }

  get upgrade(): boolean {
    if (!upgradeOffers.get(this)) return false;
    return this.method === 'CONNECT' || /(?:^|[\s,])websocket(?:$|[\s,/])/i.test(this.headers.upgrade ?? '');
  }
}

/**
 * Whether a request offers an upgrade. Not a field of the class, which would not exist yet when the constructor of the base class
 * assigns `upgrade`.
 */
const upgradeOffers = new WeakMap<IncomingMessage, boolean>();

/**
 * Handles the requests of a connection one after the other. When a client pipelines them, Node.js would handle all at
 * once and buffer every response. A connection with more than `maxWaiting` waiting requests is reset: a request of 30
 * bytes already takes 10 kB of memory.
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
    // The response before this request has closed the connection.
    if (!socket.writable) return;
    const queue = queues.get(socket);
    if (!queue) {
      queues.set(socket, []);
      handle(request, response);
    } else if (queue.length < maxWaiting) queue.push([request, response]);
    else socket.resetAndDestroy();
  };
}
