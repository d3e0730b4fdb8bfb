import type { IncomingHttpHeaders } from 'node:http';

/** The part of an HTTP request that shows whether it came through a proxy. */
export interface ForwardedRequest {
  headers: IncomingHttpHeaders;
  raw: { httpVersion: string };
}

const proxyHeader = /^(forwarded|via|x-real-ip|x-forwarded-.+)$/;

/**
 * Returns what shows that a request came through a proxy: `HTTP/1.0`, which browsers no longer use and nginx does by
 * default, or the name of a header that proxies add. Undefined when nothing does: a proxy may hide itself.
 */
export function proxyTrace({ headers, raw }: ForwardedRequest): string | undefined {
  const header = Object.keys(headers).find((name) => proxyHeader.test(name));
  return header ?? (raw.httpVersion === '1.0' ? 'HTTP/1.0' : undefined);
}
