import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { ConnectionsPerAddress } from '../../sockets/connections-per-address.ts';

/**
 * Limits the unanswered requests of each client behind a proxy, as `ConnectionsPerAddress` limits the connections of
 * direct clients. The proxy's own connections are not limited.
 */
export function limitProxiedRequests(app: FastifyInstance, connections: ConnectionsPerAddress): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.ip === request.socket.remoteAddress) return;
    const release = connections.take(request.ip);
    if (!release)
      throw new MonitorError(
        'request.too_many',
        'too many requests of one address are unanswered: wait for them',
      );
    // A WebSocket counts for as long as it is open.
    (request.ws ? request.socket : reply.raw).once('close', release);
  });
}
