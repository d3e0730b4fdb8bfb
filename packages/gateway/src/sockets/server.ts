import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import websocket, { type WebsocketPluginOptions } from '@fastify/websocket';
import { closeCodes } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { WebSocketServer } from 'ws';
import type { Limits } from '../limits.ts';

export interface SocketServerOptions {
  limits: Limits;
  maxPayloadBytes: number;
  /** The known subprotocols, the preferred one first; a client that offers none of them gets none. */
  subprotocols?: readonly string[];
  /** Work to finish before connections are closed, for at most `flushTimeoutMs`. */
  beforeClose?: () => Promise<void>;
}

/** Lets an app accept WebSockets within the limits, and close all of them in time when the app closes. */
export async function acceptSockets(app: FastifyInstance, options: SocketServerOptions): Promise<void> {
  const { limits, maxPayloadBytes, subprotocols = [], beforeClose } = options;
  const connections = trackConnections(app.server);
  // The types of ws lack closeTimeout.
  const serverOptions: WebsocketPluginOptions['options'] & { closeTimeout: number } = {
    maxPayload: maxPayloadBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: limits.maxBufferedChunks,
    // `create-peer.ts` resets a peer that does not answer a close; this is for sockets that never became a peer.
    closeTimeout: 2 * limits.closeTimeoutMs,
    handleProtocols: (offered) => subprotocols.find((known) => offered.has(known)) ?? false,
  };
  app.addHook('onResponse', async (request) => {
    if (!request.ws) return;
    // The plugin's hook would cut the connection of a refused upgrade, whose client may still be sending.
    request.ws = false;
    request.socket.destroySoon();
  });
  await app.register(websocket, {
    options: serverOptions,
    // The plugin's own handler would cut the socket before the close code reaches the client.
    errorHandler: (error, socket, request) => {
      request.log.info({ reason: error.message }, 'connection error');
      socket.close(closeCodes.internal.code, closeCodes.internal.meaning);
    },
    preClose: async () => {
      if (beforeClose) await withTimeout(limits.flushTimeoutMs, beforeClose());
      await closeClients(app.websocketServer, limits.closeGraceMs);
      connections.cut();
    },
  });
  releaseUpgradeRequests(app);
}

/**
 * Frees the requests of open WebSockets: the plugin's `ServerResponse` stays attached to the connection, and refers to its
 * request, with headers and all that Fastify adds to it.
 */
function releaseUpgradeRequests(app: FastifyInstance): void {
  const responses = new WeakMap<IncomingMessage, ServerResponse>();
  app.addHook('onRequest', async (request, reply) => {
    if (request.ws) responses.set(request.raw, reply.raw);
  });
  app.websocketServer.on('connection', (_socket, request) => {
    responses.get(request)?.detachSocket(request.socket);
  });
}

/** Closes every client's connection, and waits up to `graceMs` for their answers. */
async function closeClients(server: WebSocketServer, graceMs: number): Promise<void> {
  const { code, meaning } = closeCodes.goingAway;
  const closed = [...server.clients].map((client) => {
    const closing = new Promise((resolve) => client.once('close', resolve));
    client.resume();
    client.close(code, meaning);
    return closing;
  });
  server.close();
  await withTimeout(graceMs, Promise.all(closed));
}

/**
 * Tracks all connections of a server, which does not close while one is open. Neither Node nor ws knows all: Node
 * forgets a connection that asks for an upgrade, and ws learns of it later.
 */
function trackConnections(server: Server): { cut(): void } {
  const open = new Set<Socket>();
  let isCut = false;
  // One function for all connections: a closure and `once` would take 300 bytes of each.
  function remove(this: Socket): void {
    open.delete(this);
  }
  server.on('connection', (socket) => {
    if (isCut) socket.destroy();
    else open.add(socket.on('close', remove));
  });
  return {
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
  };
}

/** Resolves when the work is done, or after the given time. */
async function withTimeout(timeMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, timeMs);
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
