import { emptyQuerySchema, formatIssues, MonitorError, validate } from '@mnist-monitor/shared';
import { PublisherAdmission } from '../../ingest/publisher-admission.ts';
import { RunBoundsCache } from '../../ingest/run-bounds.ts';
import { IngestSession } from '../../ingest/session.ts';
import type { SessionContext } from '../../ingest/session-context.ts';
import type { Metrics } from '../../metrics.ts';
import type { PublishedFiles } from '../../runs/published-files.ts';
import { Admission } from '../../sockets/admission.ts';
import { createPeer, type PeerContext } from '../../sockets/create-peer.ts';
import { KeepAlive } from '../../sockets/keep-alive.ts';
import { createTokenGuard } from '../../sockets/token-guard.ts';
import { Traffic } from '../../sockets/traffic.ts';
import { clientOf } from '../../trust/client.ts';
import { isLoopback } from '../../trust/hosts.ts';
import { type ForwardedRequest, proxyTrace } from '../../trust/proxy-trace.ts';
import type { App } from '../app.ts';
import { addFileUploadRoutes } from './file-uploads.ts';

export interface IngestRouteOptions {
  /** The address that the ingest port is bound to. */
  host: string;
  context: Omit<SessionContext, 'onUnexpectedError' | 'metrics' | 'admission' | 'bounds' | 'checkToken'> & {
    token: string | undefined;
  };
  metrics: Metrics;
  /** The files that publishers send for their runs. */
  files: PublishedFiles;
  /** The open sessions; closing the gateway stops them. */
  sessions: Set<IngestSession>;
}

/**
 * Returns a function that refuses requests through a proxy when no token is set and the port is bound to loopback. Then
 * every client on this machine may publish, and a proxy would let other machines publish too.
 * @throws MonitorError `request.forbidden`
 */
const proxyRefuser =
  ({ host, token }: { host: string; token: string | undefined }) =>
  (request: ForwardedRequest): void => {
    const trace = token === undefined && isLoopback(host) ? proxyTrace(request) : undefined;
    if (trace !== undefined)
      throw new MonitorError(
        'request.forbidden',
        `expected a publisher on this machine, got a request through a proxy (${trace}); set --token to let publishers in through it`,
      );
  };

/** Adds `/ingest`, the WebSocket on which publishers send the events of a run, and the routes for its files. */
export function addIngestRoute(
  app: App,
  { host, context, metrics, files, sessions }: IngestRouteOptions,
): void {
  const { limits } = context;
  const { log } = app;
  const traffic = new Traffic();
  const peers: PeerContext = {
    ...{ log, limits },
    keepAlive: new KeepAlive(limits),
    onClosed: (name) => metrics.closed('ingest', name),
  };
  metrics.addEndpoint('ingest', traffic);
  const addressAdmission = new Admission({ ...limits, sockets: limits.connections });
  const admission = new PublisherAdmission(limits);
  const bounds = new RunBoundsCache(limits, context.store);
  const guard = createTokenGuard({ token: context.token, limits });
  const refuseProxies = proxyRefuser({ host, token: context.token });
  addFileUploadRoutes(app, {
    ...{ files, store: context.store, refuseProxies },
    checkToken: (token, client) => guard.check(token, client),
  });
  app.route({
    method: 'GET',
    url: '/ingest',
    onRequest: async (request) => {
      if (!request.ws) throw new MonitorError('request.invalid', 'expected a WebSocket upgrade at /ingest');
      refuseProxies(request);
      if (admission.isFull)
        throw new MonitorError(
          'server.full',
          `all ${limits.publishers} connections are in use: try again later`,
        );
      addressAdmission.admit(request.ip, request.socket);
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: (socket, request) => {
      const { ip: address, socket: stream } = request;
      const onUnexpectedError = (error: unknown): void =>
        log.error({ address, err: error }, 'unexpected error while writing events');
      const onMessage = (text: string): Promise<void> => session.receive(text);
      const peer = createPeer(socket, { stream, address, onMessage }, peers);
      traffic.add(stream);
      const query = validate(emptyQuerySchema, request.query);
      if (!query.ok) return peer.cut('invalid', formatIssues(query.error.issues));
      const client = clientOf(request);
      const checkToken = (token: string | undefined) => guard.check(token, client);
      const session = new IngestSession(
        { ...context, metrics, admission, bounds, checkToken, onUnexpectedError },
        peer,
      );
      sessions.add(session);
      peer.onClose(() => sessions.delete(session));
    },
  });
}
