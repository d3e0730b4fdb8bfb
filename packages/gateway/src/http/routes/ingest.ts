import { MonitorError } from '@mnist-monitor/shared';
import { IngestSession } from '../../ingest/session.ts';
import type { SessionContext } from '../../ingest/session-context.ts';
import type { Metrics } from '../../metrics.ts';
import { Admission } from '../../sockets/admission.ts';
import { createPeer } from '../../sockets/create-peer.ts';
import { Traffic } from '../../sockets/traffic.ts';
import type { App } from '../app.ts';

export interface IngestRouteOptions {
  context: Omit<SessionContext, 'onStoreFailure' | 'metrics'>;
  metrics: Metrics;
  /** The open sessions; closing the gateway stops them. */
  sessions: Set<IngestSession>;
}

/** Adds `/ingest`, the WebSocket on which publishers send the events of a run. */
export function addIngestRoute(app: App, { context, metrics, sessions }: IngestRouteOptions): void {
  const { limits } = context;
  const traffic = new Traffic();
  metrics.addEndpoint('ingest', traffic);
  const admission = new Admission({ ...limits, clients: limits.publishers });
  app.route({
    method: 'GET',
    url: '/ingest',
    onRequest: async (request) => {
      if (!request.ws) throw new MonitorError('request.invalid', 'expected a WebSocket upgrade at /ingest');
      admission.admit(request.ip, request.socket);
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: (socket, request) => {
      const { log } = request;
      const onStoreFailure = (error: unknown): void => log.error({ err: error }, 'the store cannot write');
      const peer = createPeer(socket, {
        stream: request.socket,
        log,
        limits,
        onMessage: (text) => session.receive(text),
        onClosed: (name) => metrics.closed('ingest', name),
      });
      traffic.add(request.socket);
      const session = new IngestSession({ ...context, metrics, onStoreFailure }, peer);
      sessions.add(session);
      peer.closed.addEventListener('abort', () => sessions.delete(session));
    },
  });
}
