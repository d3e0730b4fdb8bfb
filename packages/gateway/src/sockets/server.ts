import websocket, { type WebsocketPluginOptions } from '@fastify/websocket';
import { closeCodes } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { Limits } from '../limits.ts';
import { atMost } from './at-most.ts';

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
      if (beforeClose) await atMost(limits.flushTimeoutMs, beforeClose());
      await letGo(app, limits.closeGraceMs);
    },
  });
}

/** Tells every client that the gateway goes away, and cuts those that have not left after the grace. */
async function letGo(app: FastifyInstance, graceMs: number): Promise<void> {
  const { websocketServer, server } = app;
  const { code, meaning } = closeCodes.goingAway;
  const left = [...websocketServer.clients].map((client) => {
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.resume();
    client.close(code, meaning);
    return closed;
  });
  websocketServer.close();
  await atMost(graceMs, Promise.all(left));
  for (const client of websocketServer.clients) client.terminate();
  server.closeAllConnections();
}
