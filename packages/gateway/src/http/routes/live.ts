import type { Socket } from 'node:net';
import {
  formatIssues,
  type LiveSubprotocol,
  liveQuerySchema,
  type ProtocolVersion,
  validate,
} from '@mnist-monitor/shared';
import type { CommandRouter } from '../../commands/router.ts';
import { ViewerCommands } from '../../commands/viewer-commands.ts';
import { requestedRun, serveViewer, type ViewerContext } from '../../live/viewer-session.ts';
import type { Metrics } from '../../metrics.ts';
import type { Admission } from '../../sockets/admission.ts';
import { createPeer } from '../../sockets/create-peer.ts';
import { Heartbeats } from '../../sockets/heartbeats.ts';
import { Traffic } from '../../sockets/traffic.ts';
import { closeCodeAfter, isStoreError, publicMessage } from '../../store/health-checked-store.ts';
import type { ClientRights, CommandAuthorizer } from '../../trust/authorization.ts';
import type { App } from '../app.ts';
import { missingUpgrade } from '../plugins/proxy-errors.ts';

export interface LiveRouteOptions extends Omit<ViewerContext, 'traffic'> {
  authorizer: CommandAuthorizer;
  router: CommandRouter;
  metrics: Metrics;
  /** Counts the viewers' connections and limits them. */
  admission: Admission;
}

/** What a viewer needs of its upgrade request, which is not kept: it would take more memory than all the rest. */
interface UpgradedClient {
  socket: Parameters<typeof createPeer>[0];
  /** The TCP connection below the WebSocket. */
  stream: Socket;
  /** The address of the client. */
  address: string;
  query: unknown;
  rights: ClientRights;
}

/** Returns the version that a viewer can read: the newest one if it offers no subprotocol. */
const versionOf = (subprotocol: string): ProtocolVersion =>
  subprotocol === ('mnist-monitor.v1' satisfies LiveSubprotocol) ? 1 : 2;

/** Adds `/live`, the WebSocket on which viewers follow a run and send commands to its trainer. */
export function addLiveRoute(app: App, shared: LiveRouteOptions): void {
  const { limits, authorizer, router, metrics, admission } = shared;
  const { log } = app;
  const traffic = new Traffic();
  const context: ViewerContext = { ...shared, traffic };
  const heartbeats = new Heartbeats(limits.heartbeatMs);
  metrics.addEndpoint('live', traffic);

  async function follow({
    socket,
    stream,
    address,
    query: givenQuery,
    rights,
  }: UpgradedClient): Promise<void> {
    const peer = createPeer(socket, {
      stream,
      address,
      log,
      limits,
      heartbeats,
      onMessage: (text) => commands.receive(text),
      onClosed: (name) => metrics.closed('live', name),
    });
    const commands = new ViewerCommands({
      peer,
      router,
      rights,
      limits,
      onResult: ({ command, runId }, answer) => log.info({ address, command, runId, answer }, 'command'),
    });
    traffic.add(stream);
    const query = validate(liveQuerySchema, givenQuery);
    if (!query.ok) return peer.close('invalid', formatIssues(query.error.issues));
    log.info({ address, query: query.value }, 'viewer connected');
    try {
      const onRun = (runId: string | undefined): void => {
        commands.followedRun = runId;
      };
      // A command may arrive before the hello, and needs the run already.
      onRun(requestedRun(query.value, context.hub));
      const version = versionOf(socket.protocol);
      await serveViewer({ rights, peer, query: query.value, version, onRun }, context);
    } catch (error) {
      // The gateway logs a failing store once; a line for each viewer would hide all other lines.
      if (isStoreError(error)) return peer.close(closeCodeAfter(error), publicMessage(error));
      log.error({ address, err: error }, 'a viewer could not be served');
      peer.close('internal');
    }
  }

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
    // No promise is returned, because the WebSocket plugin would keep the request in memory until it resolves.
    wsHandler: (socket, request) =>
      void follow({
        socket,
        stream: request.socket,
        address: request.ip,
        query: request.query,
        rights: authorizer.rightsOf(request),
      }),
  });
}
