import type { IncomingHttpHeaders } from 'node:http';
import { MonitorError } from '@mnist-monitor/shared';
import { proxyTrace } from '../../trust/proxy-trace.ts';

/**
 * The error for a request that a proxy in front of the gateway has changed so that it cannot be answered. The message
 * contains what to set in the proxy.
 */
export class ProxyConfigurationError extends MonitorError {}

/** The part of a request that shows whether it was an upgrade. */
export interface MissingUpgradeRequest {
  headers: IncomingHttpHeaders;
  raw: { httpVersion: string };
}

interface UnknownAddressRequest extends MissingUpgradeRequest {
  url: string;
}

/** Returns the error for a request to an unknown address, whose path a proxy may have changed. */
export function unknownAddress(request: UnknownAddressRequest): MonitorError {
  const message = `nothing is at ${request.url.slice(0, 200)}`;
  const [path = ''] = request.url.split('?', 1);
  if (path.startsWith('//')) {
    const advice = 'a proxy in front has to forward one slash less: with nginx, end location with a slash';
    return new ProxyConfigurationError('request.not_found', `${message}; ${advice} (docs/proxy.md)`);
  }
  const prefix = prefixOf(path);
  if (prefix === undefined || proxyTrace(request) === undefined)
    return new MonitorError('request.not_found', message);
  return new ProxyConfigurationError(
    'request.not_found',
    `${message}; a proxy in front has to remove ${prefix.slice(0, 100)} from the path (docs/proxy.md)`,
  );
}

/** Returns the part of a path before the address of the dashboard, one of its files, or the API; undefined if there is none. */
const prefixOf = (path: string): string | undefined =>
  /^(\/(?!api\/|assets\/|docs\/|live\/).+?)\/(?:index\.html|docs|live|live\/check|api\/.*|assets\/.*)?$/.exec(
    path,
  )?.[1];

/**
 * Returns the error for a request to `/live` that is no upgrade. A client that asks for a WebSocket sends a
 * `Sec-WebSocket-Key`, which proxies forward even if they remove `Upgrade`.
 */
export function missingUpgrade({ headers, raw }: MissingUpgradeRequest): MonitorError {
  if (headers['sec-websocket-key'] === undefined)
    return new MonitorError('request.invalid', 'expected a WebSocket upgrade at /live');
  return new ProxyConfigurationError(
    'request.invalid',
    `expected a WebSocket upgrade at /live, got HTTP/${raw.httpVersion} without Upgrade; ${upgradeAdvice}`,
  );
}

/** Returns the error for a request over HTTP/1.0 from a page that needs a WebSocket. */
export const oldHttpVersion = (): MonitorError =>
  new ProxyConfigurationError(
    'request.invalid',
    `expected HTTP/1.1, which WebSockets need, got HTTP/1.0; ${upgradeAdvice}`,
  );

const upgradeAdvice =
  'a proxy in front has to use HTTP/1.1 and forward Upgrade and Connection (docs/proxy.md)';
