import type { IncomingHttpHeaders } from 'node:http';
import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import { isHostAllowed, isOriginAllowed } from '../../trust/hosts.ts';

export interface TrustOptions {
  /** The address that the port is bound to, or the one on which a container publishes it. */
  host: string;
  /** Origins of other sites whose pages may use the live feed. */
  origins?: readonly string[] | undefined;
}

/**
 * Refuses requests that a page of another site could make with a user's browser: an upgrade or a change with a foreign
 * Origin (cross-site WebSocket hijacking, request forgery), and, on a loopback address, a Host that is not this machine
 * (DNS rebinding). Reads by foreign pages are refused too: the browser would hide the response from the page, but the
 * gateway would have the work.
 */
export function addTrustChecks(app: FastifyInstance, { host: boundHost, origins }: TrustOptions): void {
  app.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    // Of several Host headers, Node.js keeps the first, while a proxy in front may have checked another (RFC 9112,
    // section 3.2).
    if (request.raw.rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name)).length > 1)
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

/** Returns whether a page of another site made the request. A link that a person follows to this site does not count. */
function isFromForeignPage(headers: IncomingHttpHeaders): boolean {
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site'])) && !isLink;
}

const quote = (header: string | undefined): string =>
  header === undefined ? 'none' : JSON.stringify(header.slice(0, 100));
