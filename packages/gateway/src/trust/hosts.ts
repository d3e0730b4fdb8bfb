/**
 * Returns whether a request may have this Host header. Only requests to a port bound to loopback are checked: any other
 * address may have names that the gateway does not know.
 */
export function isHostAllowed(host: string | undefined, boundHost: string): boolean {
  if (!isLoopback(boundHost)) return true;
  const requested = parseUrl(`http://${host}`)?.hostname;
  return requested !== undefined && (isLoopback(requested) || requested === boundHost);
}

/** The address that a request names. */
export interface RequestedAddress {
  /** The Host header. */
  host: string | undefined;
  /** The scheme; undefined behind a proxy that does not name it: clients may use TLS although the proxy itself does not. */
  scheme: 'http' | 'https' | undefined;
}

/**
 * Returns whether a request may have this Origin header: none (programs send none, browsers do), the origin of the
 * gateway's own page, or one that `--origins` allows.
 */
export function isOriginAllowed(
  origin: string | undefined,
  { host, scheme }: RequestedAddress,
  allowed: readonly string[] = [],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true;
  const page = parseUrl(origin);
  return (
    page !== undefined &&
    page.origin === parseUrl(`${scheme ?? page.protocol.slice(0, -1)}://${host}`)?.origin
  );
}

/** Returns whether a bind address, or the host of a URL, is a loopback address: only this machine can connect to it. */
export function isLoopback(host: string): boolean {
  return /^(localhost\.?|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

/** Returns whether a bind address means all addresses of the machine; no client can connect to it by that name. */
export const isWildcard = (host: string): boolean => ['0.0.0.0', '::', ''].includes(host);

/** Returns a host as it is written in a URL: an IPv6 address in brackets, an IPv4-mapped IPv6 address as plain IPv4. */
export function toUrlHost(host: string): string {
  const plain = host.replace(/^::ffff:(?=\d+\.)/i, '');
  return plain.includes(':') ? `[${plain}]` : plain;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
