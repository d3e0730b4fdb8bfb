import type { IncomingHttpHeaders } from 'node:http';

/** The part of an HTTP request that shows whether it came through a proxy. */
export interface ForwardedRequest {
  headers: IncomingHttpHeaders;
  raw: { httpVersion: string };
}

const proxyHeader = /^(forwarded|via|x-real-ip|x-forwarded-.+)$/;

/**
 * Returns the sign by which a request is known to come through a proxy: the name of a header that proxies add, or a version
 * below HTTP/1.1: nginx uses HTTP/1.0 by default, browsers no longer do. Returns undefined when there is no sign, which does not
 * prove that there is no proxy.
 */
export function proxyTrace({ headers, raw }: ForwardedRequest): string | undefined {
  const header = Object.keys(headers).find((name) => proxyHeader.test(name));
  return header ?? (raw.httpVersion === '1.1' ? undefined : `HTTP/${raw.httpVersion}`);
}
