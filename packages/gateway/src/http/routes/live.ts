import {
  formatIssues,
  type LiveSubprotocol,
  liveQuerySchema,
  type ProtocolVersion,
  validate,
} from '@mnist-monitor/shared';
import type { CommandRouter } from '../../commands/router.ts';
import { ViewerCommands } from '../../commands/viewer-commands.ts';
import { serveViewer, type ViewerSessionOptions } from '../../live/viewer-session.ts';
import type { Metrics } from '../../metrics.ts';
import type { Admission } from '../../sockets/admission.ts';
import { createPeer } from '../../sockets/create-peer.ts';
import { Heartbeats } from '../../sockets/heartbeats.ts';
import { Traffic } from '../../sockets/traffic.ts';
import { isStoreError } from '../../store/health-checked-store.ts';
import type { CommandAuthorizer } from '../../trust/authorization.ts';
import type { App } from '../app.ts';
import { missingUpgrade } from '../plugins/proxy-errors.ts';

export interface LiveRouteOptions
  extends Omit<ViewerSessionOptions, 'peer' | 'query' | 'version' | 'rights' | 'traffic' | 'onRun'> {
  authorizer: CommandAuthorizer;
  router: CommandRouter;
  metrics: Metrics;
  /** Counts the viewers' connections and limits them. */
  admission: Admission;
}

/** Returns the version that a viewer can read: the newest one if it offers no subprotocol. */
const versionOf = (subprotocol: string): ProtocolVersion =>
  subprotocol === ('mnist-monitor.v1' satisfies LiveSubprotocol) ? 1 : 2;

/** Adds `/live`, the WebSocket on which viewers follow a run and send commands to its trainer. */
export function addLiveRoute(app: App, shared: LiveRouteOptions): void {
  const { limits, authorizer, router, metrics, admission } = shared;
  const traffic = new Traffic();
  const heartbeats = new Heartbeats(limits.heartbeatMs);
  metrics.addEndpoint('live', traffic);
  app.route({
    method: 'GET',
    url: '/live',
    // Hidden from OpenAPI, because `/asyncapi.json` documents the feed.
    schema: { hide: true },
    onRequest: async (request) => {
      if (!request.ws) throw missingUpgrade(request);
      admission.admit(request.ip, request.socket);
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: async (socket, request) => {
      const rights = authorizer.rightsOf(request);
      const peer = createPeer(socket, {
        stream: request.socket,
        log: request.log.child({ address: request.ip }),
        ...{ limits, heartbeats },
        onMessage: (text) => commands.receive(text),
        onClosed: (name) => metrics.closed('live', name),
      });
      const commands = new ViewerCommands({
        ...{ peer, router, rights, limits },
        onResult: ({ command, runId }, answer) => request.log.info({ command, runId, answer }, 'command'),
      });
      traffic.add(request.socket);
      const query = validate(liveQuerySchema, request.query);
      if (!query.ok) return peer.close('invalid', formatIssues(query.error.issues));
      request.log.info({ query: query.value }, 'viewer connected');
      try {
        const onRun = (runId: string | undefined): void => {
          commands.followedRun = runId;
        };
        const version = versionOf(socket.protocol);
        await serveViewer({ ...shared, rights, traffic, peer, query: query.value, version, onRun });
      } catch (error) {
        // The gateway logs a failing store once; a line for each viewer would hide all other lines.
        if (isStoreError(error)) return peer.close('storeUnavailable');
        request.log.error({ err: error }, 'a viewer could not be served');
        peer.close('internal');
      }
    },
  });
}
