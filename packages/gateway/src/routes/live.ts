import { check, describeIssues, liveQuery, MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import { type FollowOptions, follow } from '../follower.ts';
import { adopt } from '../sockets/adopt.ts';
import { withHeartbeat } from '../sockets/heartbeat.ts';

/** `/live`: the feed of a run's events, for any number of viewers. */
export function addLiveRoute(app: FastifyInstance, shared: Omit<FollowOptions, 'peer' | 'query'>): void {
  const { limits } = shared;
  app.route({
    method: 'GET',
    url: '/live',
    onRequest: async (request) => {
      if (!request.ws) throw new MonitorError('request.invalid', 'expected a WebSocket upgrade at /live');
      if (app.websocketServer.clients.size >= limits.liveClients)
        throw new MonitorError('server.full', `${limits.liveClients} viewers are connected; try again later`);
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: async (socket, request) => {
      const connection = adopt(socket, {
        stream: request.socket,
        log: request.log,
        limits,
        onMessage: (_text, peer) => peer.close('invalid', 'expected no message: this feed takes none'),
      });
      const query = check(liveQuery, request.query);
      if (!query.ok) return connection.close('invalid', describeIssues(query.error.issues));
      request.log.info({ query: query.value }, 'viewer connected');
      try {
        await follow({ ...shared, peer: withHeartbeat(connection, limits.heartbeatMs), query: query.value });
      } catch (error) {
        request.log.error({ err: error }, 'a viewer could not be served');
        connection.close('internal');
      }
    },
  });
}
