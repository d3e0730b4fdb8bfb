/**
 * Returns the addresses in an `X-Forwarded-For` header without their ports. Some proxies add the port of each connection, by which
 * every connection of a client would count as another client.
 * @example withoutPorts('192.0.2.1:4711, [2001:db8::1]:4711') === '192.0.2.1, 2001:db8::1'
 */
export const withoutPorts = (header: string): string =>
  header
    .split(',')
    .map((entry) =>
      entry
        .trim()
        .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
        .replace(/^([\d.]+):\d+$/, '$1'),
    )
    .join(', ');
