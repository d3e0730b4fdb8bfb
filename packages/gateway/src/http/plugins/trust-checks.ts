import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import { isHostAllowed, isOriginAllowed } from '../../trust/hosts.ts';

export interface TrustOptions {
  /** The address at which clients reach the port. */
  host: string;
  /** Origins of other sites whose pages may use the live feed. */
  origins?: readonly string[] | undefined;
}

/**
 * Refuses requests that a page of another site could make with a user's browser: an upgrade or a change with a foreign
 * Origin (cross-site WebSocket hijacking, request forgery), and, on a loopback address, a Host that is not this machine
 * (DNS rebinding).
 */
export function addTrustChecks(app: FastifyInstance, { host: boundHost, origins }: TrustOptions): void {
  app.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    if (!isHostAllowed(host, boundHost))
      throw new MonitorError(
        'request.forbidden',
        `expected the Host of this machine, got ${quote(host)}; bind to another address with --host to serve others`,
      );
    const isChange = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if ((request.ws || isChange) && !isOriginAllowed(origin, host, origins))
      throw new MonitorError(
        'request.forbidden',
        `expected the Origin ${quote(host)}, one that --origins names, or none, got ${quote(origin)}`,
      );
  });
}

const quote = (header: string | undefined): string =>
  header === undefined ? 'none' : JSON.stringify(header.slice(0, 100));
