import type { IncomingHttpHeaders } from 'node:http';
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
 * (DNS rebinding). Reading is refused to such pages too: they would not see the answer, but it costs the gateway as much.
 */
export function addTrustChecks(app: FastifyInstance, { host: boundHost, origins }: TrustOptions): void {
  app.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    // Node.js keeps the first, a proxy in front may have checked another (RFC 9112, section 3.2).
    if (request.raw.rawHeaders.filter((name, at) => at % 2 === 0 && /^host$/i.test(name)).length > 1)
      throw new MonitorError('request.invalid', 'expected one Host, got several');
    if (!isHostAllowed(host, boundHost))
      throw new MonitorError(
        'request.forbidden',
        `expected the Host of this machine, got ${quote(host)}; bind to another address with --host to serve others`,
      );
    if (isFromForeignPage(request.headers) && !isOriginAllowed(origin ?? 'null', host, origins))
      throw new MonitorError(
        'request.forbidden',
        'expected a request of this page, a program or a link, got one of a page of another site',
      );
    const isChange = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if ((request.ws || isChange) && !isOriginAllowed(origin, host, origins))
      throw new MonitorError(
        'request.forbidden',
        `expected the Origin ${quote(host)}, one that --origins names, or none, got ${quote(origin)}`,
      );
  });
}

/** Returns whether a browser sends a request for a page of another site, unless a person follows a link. */
function isFromForeignPage(headers: IncomingHttpHeaders): boolean {
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site'])) && !isLink;
}

const quote = (header: string | undefined): string =>
  header === undefined ? 'none' : JSON.stringify(header.slice(0, 100));
