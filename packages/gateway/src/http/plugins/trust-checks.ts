import type { IncomingHttpHeaders } from 'node:http';
import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isHostAllowed, isOriginAllowed } from '../../trust/hosts.ts';
import { proxyTrace } from '../../trust/proxy-trace.ts';
import { isPagePath } from './page.ts';

export interface TrustOptions {
  /** The address that the port is bound to, or the one at which others reach it. */
  host: string;
  /** Advice on allowing a `Host` other than this machine, for the end of the message that refuses it. */
  hostAdvice: string;
  /** Origins of other sites whose pages may use the live feed. */
  origins?: readonly string[] | undefined;
  /** Origins of other sites whose pages may show the dashboard in a frame. */
  embed?: readonly string[] | undefined;
}

/**
 * Refuses requests that a page of another site could make with a user's browser: an upgrade or a change with a foreign
 * Origin (cross-site WebSocket hijacking, request forgery), and, on a loopback address, a Host that is not this machine
 * (DNS rebinding). Reads by foreign pages are refused too: the browser would hide the response from the page, but the
 * gateway would have the work. The dashboard in a frame is allowed if `embed` names any site; the browser then shows it only in
 * pages that the Content-Security-Policy names.
 */
export function addTrustChecks(app: FastifyInstance, options: TrustOptions): void {
  const { host: boundHost, hostAdvice, origins, embed = [] } = options;
  app.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    // Node.js keeps the first of several Host headers, while a proxy in front may have checked another one (RFC 9112,
    // section 3.2).
    if (request.raw.rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name)).length > 1)
      throw new MonitorError('request.invalid', 'expected one Host, got several');
    if (host === undefined && request.raw.httpVersion !== '1.0')
      throw new MonitorError('request.invalid', 'expected a Host, got none');
    if (!isHostAllowed(host, boundHost))
      throw new MonitorError(
        'request.forbidden',
        `expected the Host of this machine, got ${quote(host)}; ${hostAdvice} (docs/proxy.md)`,
      );
    if (isFrame(request.headers) && embed.length === 0)
      throw new MonitorError(
        'request.forbidden',
        'expected this page on its own, got a request for it in a frame of another site; allow the origin of that site with --embed',
      );
    const requested = { host, scheme: requestedScheme(request) };
    const isEmbedded = isFrame(request.headers) && isPagePath(request.url);
    if (
      isFromForeignPage(request.headers) &&
      !isEmbedded &&
      !isOriginAllowed(origin ?? 'null', requested, origins)
    )
      throw new MonitorError(
        'request.forbidden',
        'expected a request from this page, a program or a link, got one from a page of another site',
      );
    const isChange = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if ((request.ws || isChange) && !isOriginAllowed(origin, requested, origins))
      throw new MonitorError(
        'request.forbidden',
        `expected the Origin ${quote(ownOrigin(request))}, one that --origins names, or none, got ${quote(origin)}; a proxy in front has to forward Host (docs/proxy.md)`,
      );
  });
}

/** Returns whether a page of another site made the request. A link that a person follows to this site does not count. */
function isFromForeignPage(headers: IncomingHttpHeaders): boolean {
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isOfOtherOrigin(headers) && !isLink;
}

/** Returns whether a page of another site loads the address into a frame. */
function isFrame(headers: IncomingHttpHeaders): boolean {
  const isInFrame = ['iframe', 'frame', 'embed', 'object'].includes(String(headers['sec-fetch-dest']));
  return isOfOtherOrigin(headers) && headers['sec-fetch-mode'] === 'navigate' && isInFrame;
}

/** Returns whether a browser sent the request for a page of another origin. */
const isOfOtherOrigin = (headers: IncomingHttpHeaders): boolean =>
  ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));

/**
 * Returns the scheme of the client's request: as a trusted proxy names it, or else that of the connection; undefined behind any
 * other proxy, whose clients may use TLS although the proxy itself does not.
 */
function requestedScheme(request: FastifyRequest): 'http' | 'https' | undefined {
  const isNamed = (request.ips ?? []).length > 1 && request.headers['x-forwarded-proto'] !== undefined;
  return isNamed || proxyTrace(request) === undefined ? request.protocol : undefined;
}

/** Returns the origin that the gateway's own page would have at the requested address. */
function ownOrigin(request: FastifyRequest): string {
  const { origin, host } = request.headers;
  const [given] = /^https?(?=:)/.exec(origin ?? '') ?? [request.protocol];
  return `${requestedScheme(request) ?? given}://${host}`;
}

const quote = (header: string | undefined): string =>
  header === undefined ? 'none' : JSON.stringify(header.slice(0, 100));
