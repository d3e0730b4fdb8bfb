import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';

/**
 * Refuses requests that a page of another site could make on behalf of a user's browser: a foreign Origin on an
 * upgrade or a change (cross-site WebSocket hijacking and request forgery) and, as long as only this machine is served, a Host that is not this
 * machine (DNS rebinding).
 */
export function addTrustChecks(app: FastifyInstance, boundHost: string): void {
  app.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    if (!isHostAllowed(host, boundHost))
      throw new MonitorError(
        'request.forbidden',
        `expected the Host of this machine, got ${shown(host)}; bind to another address with --host to serve others`,
      );
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if ((request.ws || changes) && !isOriginAllowed(origin, host))
      throw new MonitorError(
        'request.forbidden',
        `expected the Origin ${shown(host)} or none, got ${shown(origin)}`,
      );
  });
}

/** Bound to anything but loopback, the gateway cannot know its names: any Host will do. */
export function isHostAllowed(host: string | undefined, boundHost: string): boolean {
  if (!isLoopback(boundHost)) return true;
  const asked = hostOf(`http://${host}`)?.hostname;
  return asked !== undefined && (isLoopback(asked) || asked === boundHost);
}

/** No Origin comes from programs; browsers always send that of the page. */
export function isOriginAllowed(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  const page = hostOf(origin);
  return page !== undefined && page.host === hostOf(`${page.protocol}//${host}`)?.host;
}

/** Whether an address, as bound to or as in a URL, is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

function hostOf(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}

const shown = (header: string | undefined): string =>
  header === undefined ? 'none' : JSON.stringify(header.slice(0, 100));
