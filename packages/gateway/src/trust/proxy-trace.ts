import type { IncomingHttpHeaders } from 'node:http';

/** The part of an HTTP request that shows whether it came through a proxy. */
export interface ForwardedRequest {
  headers: IncomingHttpHeaders;
  raw: { httpVersion: string };
}

const proxyHeader = /^(forwarded|via|x-real-ip|x-forwarded-.+)$/;

/**
 * Returns the sign by which a request is known to come through a proxy: the name of a header that proxies add, or a version
 * below HTTP/1.1, which no browser uses, but nginx by default before its version 1.29.7. Returns undefined when there is no sign.
 * That does not prove that there is no proxy: since 1.29.7, nginx leaves no sign by default.
 */
export function proxyTrace({ headers, raw }: ForwardedRequest): string | undefined {
  const header = Object.keys(headers).find((name) => proxyHeader.test(name));
  return header ?? (raw.httpVersion === '1.1' ? undefined : `HTTP/${raw.httpVersion}`);
}
