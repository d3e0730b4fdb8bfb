import { check, describeIssues, liveQuery, MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import { type FollowOptions, follow } from '../follower.ts';
import { Admission } from '../sockets/admission.ts';
import { adopt } from '../sockets/adopt.ts';
import { Backlog } from '../sockets/backlog.ts';
import { withHeartbeat } from '../sockets/heartbeat.ts';

/** `/live`: the feed of a run's events, for any number of viewers. */
export function addLiveRoute(
  app: FastifyInstance,
  shared: Omit<FollowOptions, 'peer' | 'query' | 'backlog'>,
): void {
  const { limits } = shared;
  const backlog = new Backlog();
  const admission = new Admission({ ...limits, clients: limits.liveClients });
  app.route({
    method: 'GET',
    url: '/live',
    onRequest: async (request) => {
      if (!request.ws) throw new MonitorError('request.invalid', 'expected a WebSocket upgrade at /live');
      admission.admit(request.ip, request.socket);
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: async (socket, request) => {
      const connection = adopt(socket, {
        stream: request.socket,
        log: request.log,
        limits,
        onMessage: (_text, peer) => peer.close('invalid', 'expected no message: this feed takes none'),
      });
      backlog.add(request.socket);
      const query = check(liveQuery, request.query);
      if (!query.ok) return connection.close('invalid', describeIssues(query.error.issues));
      request.log.info({ query: query.value }, 'viewer connected');
      try {
        await follow({
          ...shared,
          backlog,
          peer: withHeartbeat(connection, limits.heartbeatMs),
          query: query.value,
        });
      } catch (error) {
        request.log.error({ err: error }, 'a viewer could not be served');
        connection.close('internal');
      }
    },
  });
}
