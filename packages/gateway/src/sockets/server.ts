import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import websocket, { type WebsocketPluginOptions } from '@fastify/websocket';
import { closeCodes } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { WebSocketServer } from 'ws';
import type { Limits } from '../limits.ts';
import { withTimeout } from './at-most.ts';

export interface SocketServerOptions {
  limits: Limits;
  maxPayloadBytes: number;
  /** The subprotocol to speak with a client that offers it; one that offers none or others gets none. */
  subprotocol?: string;
  /** What there is to finish before connections are closed. */
  beforeClose?: () => Promise<void>;
}

/** Lets an app take WebSockets, within limits, and let go of them in time when it closes. */
export async function acceptSockets(app: FastifyInstance, options: SocketServerOptions): Promise<void> {
  const { limits, maxPayloadBytes, subprotocol, beforeClose } = options;
  const connections = trackConnections(app.server);
  // The types of ws lack closeTimeout.
  const serverOptions: WebsocketPluginOptions['options'] & { closeTimeout: number } = {
    maxPayload: maxPayloadBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: limits.maxBufferedChunks,
    // A peer is cut after the same time (`adopt.ts`), with a reset; this is for sockets that never became one.
    closeTimeout: 2 * limits.closeTimeoutMs,
    handleProtocols: (offered) => (subprotocol && offered.has(subprotocol) ? subprotocol : false),
  };
  await app.register(websocket, {
    options: serverOptions,
    // Of the plugin's own handler it is left out to cut the socket: a close code that says why is on its way.
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
}

/** Tells every client that the gateway goes away, and gives them this long to leave. */
async function closeClients(server: WebSocketServer, graceMs: number): Promise<void> {
  const { code, meaning } = closeCodes.goingAway;
  const left = [...server.clients].map((client) => {
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.resume();
    client.close(code, meaning);
    return closed;
  });
  server.close();
  await withTimeout(graceMs, Promise.all(left));
}

/**
 * All connections of a server. Nobody else has them all: Node forgets one when it asks for an upgrade, and ws learns of
 * it when it gets it. A server with one left never closes.
 */
function trackConnections(server: Server): { cut(): void } {
  const open = new Set<Socket>();
  let isCut = false;
  server.on('connection', (socket) => {
    if (isCut) socket.destroy();
    else open.add(socket.once('close', () => open.delete(socket)));
  });
  return {
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
  };
}
