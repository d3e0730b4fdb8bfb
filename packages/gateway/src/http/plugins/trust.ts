import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import { isHostAllowed, isOriginAllowed } from '../../trust/hosts.ts';

/**
 * Refuses requests that a page of another site could make on behalf of a user's browser: a foreign Origin on an
 * upgrade or a change (cross-site WebSocket hijacking and request forgery) and, as long as only this machine is served, a Host that is not this
 * machine (DNS rebinding).
 */
export function addTrustChecks(app: FastifyInstance, boundHost: string, origins?: readonly string[]): void {
  app.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    if (!isHostAllowed(host, boundHost))
      throw new MonitorError(
        'request.forbidden',
        `expected the Host of this machine, got ${shown(host)}; bind to another address with --host to serve others`,
      );
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if ((request.ws || changes) && !isOriginAllowed(origin, host, origins))
      throw new MonitorError(
        'request.forbidden',
        `expected the Origin ${shown(host)}, one that --origins names, or none, got ${shown(origin)}`,
      );
  });
}

const shown = (header: string | undefined): string =>
  header === undefined ? 'none' : JSON.stringify(header.slice(0, 100));
