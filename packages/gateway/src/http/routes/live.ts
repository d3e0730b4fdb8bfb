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
import { type ViewerContext, ViewerSession } from '../../live/viewer-session.ts';
import type { Metrics } from '../../metrics.ts';
import type { Admission } from '../../sockets/admission.ts';
import { createPeer, type PeerContext } from '../../sockets/create-peer.ts';
import { Heartbeats } from '../../sockets/heartbeats.ts';
import { KeepAlive } from '../../sockets/keep-alive.ts';
import { Traffic } from '../../sockets/traffic.ts';
import { closeCodeAfter, isStoreError, publicMessage } from '../../store/health-checked-store.ts';
import type { ClientRights, CommandAuthorizer } from '../../trust/authorization.ts';
import type { App } from '../app.ts';
import { missingUpgrade } from '../plugins/proxy-errors.ts';

export interface LiveRouteOptions extends Omit<ViewerContext, 'traffic' | 'onFailure'> {
  authorizer: CommandAuthorizer;
  router: CommandRouter;
  metrics: Metrics;
  /** Counts the viewers' connections and limits them. */
  admission: Admission;
}

/** The parts of an upgrade request that a viewer needs. The request is not kept: it would take more memory than all the rest. */
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
  const peers: PeerContext = {
    ...{ log, limits },
    keepAlive: new KeepAlive(limits),
    heartbeats: new Heartbeats(limits.heartbeatMs),
    onClosed: (name) => metrics.closed('live', name),
  };
  const context: ViewerContext = {
    ...{ ...shared, traffic },
    onFailure: (error, peer) => {
      // The gateway logs a failing store once; a line for each viewer would hide all other lines.
      if (isStoreError(error)) return peer.close(closeCodeAfter(error), publicMessage(error));
      log.error({ address: peer.address, err: error }, 'a viewer could not be served');
      peer.close('internal');
    },
  };
  metrics.addEndpoint('live', traffic);

  function follow({ socket, stream, address, query: givenQuery, rights }: UpgradedClient): void {
    // Most viewers send no command.
    let commands: ViewerCommands | undefined;
    const onMessage = (text: string): Promise<void> => {
      commands ??= new ViewerCommands({
        ...{ peer, router, rights, limits },
        followedRun: () => session?.runId,
        onResult: ({ command, runId }, answer) => {
          // Neither the queue of an answer nor the reason of a refusal: both are texts of others.
          const { ok, code } = { code: undefined, ...answer };
          log.info({ address, command, runId, ok, code }, 'command');
        },
      });
      return commands.receive(text);
    };
    const peer = createPeer(socket, { stream, address, onMessage }, peers);
    traffic.add(stream);
    const query = validate(liveQuerySchema, givenQuery);
    if (!query.ok) return peer.close('invalid', formatIssues(query.error.issues));
    log.info({ address, query: query.value }, 'viewer connected');
    const version = versionOf(socket.protocol);
    const session = new ViewerSession({ rights, peer, query: query.value, version }, context);
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
    wsHandler: (socket, request) =>
      follow({
        socket,
        stream: request.socket,
        address: request.ip,
        query: request.query,
        rights: authorizer.rightsOf(request),
      }),
  });
}
