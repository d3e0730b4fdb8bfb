import type { IncomingHttpHeaders } from 'node:http';
import type { SocketAddresses } from '@mnist-monitor/shared/documents';
import type { FastifyRequest } from 'fastify';
import { isWildcard, toUrlHost } from '../../trust/hosts.ts';

/** The address that a port of the gateway is bound to. */
export interface PortAddress {
  host: string;
  /** Returns the bound port, which the system chooses for port 0; 0 while none is bound. */
  port(): number;
}

/** The parts of a request that show how its client reached the gateway. */
export type AddressedRequest = Pick<FastifyRequest, 'host' | 'protocol' | 'ips'> & {
  headers: IncomingHttpHeaders;
  socket: { localAddress?: string | undefined; localPort?: number | undefined };
};

/**
 * Returns the addresses of both ports as the client of a request reaches them: the public port as the request names it,
 * through any trusted proxies, and the ingest port at the same name if that port is bound to all addresses.
 */
export function addressesFor(request: AddressedRequest, ingest: PortAddress): SocketAddresses {
  const { host, hostname } = requestedUrl(request);
  const pathname = pathPrefix(request);
  return {
    public: { ...{ host, protocol: protocolOf(request) }, ...(pathname !== undefined && { pathname }) },
    ingest: { host: hostOf(ingest, hostname), protocol: 'ws' },
  };
}

/** Returns the addresses of both ports as the client of a request to the ingest port reaches them. */
export function addressesAtIngest(request: AddressedRequest, publicPort: PortAddress): SocketAddresses {
  const { host, hostname } = requestedUrl(request);
  return {
    public: { host: hostOf(publicPort, hostname), protocol: 'ws' },
    ingest: { host, protocol: protocolOf(request) },
  };
}

const protocolOf = ({ protocol }: AddressedRequest): 'ws' | 'wss' => (protocol === 'https' ? 'wss' : 'ws');

/** Returns host and port of an address; a port that is bound to all addresses is found at `hostname`. */
const hostOf = ({ host, port }: PortAddress, hostname: string): string =>
  `${isWildcard(host) ? hostname : toUrlHost(host)}:${port()}`;

/** Returns the address that a request names. */
function requestedUrl({ protocol, host, socket }: AddressedRequest): URL {
  // HTTP/1.0 needs no Host; then the client has connected to the local address of the connection.
  const { localAddress = 'localhost', localPort = 80 } = socket;
  const named = `${protocol}://${host}`;
  return new URL(
    host !== '' && URL.canParse(named) ? named : `http://${toUrlHost(localAddress)}:${localPort}`,
  );
}

/** Returns the path below which a trusted proxy serves the gateway, such as `/monitor`; undefined without such a path. */
function pathPrefix({ headers, ips = [] }: AddressedRequest): string | undefined {
  const prefix = String(headers['x-forwarded-prefix'] ?? '');
  // The header counts only when a trusted proxy (`--proxies`) sent the request: then `ips` has more than one address.
  return ips.length > 1 && /^(\/[\w.~@%-]+)+$/.test(prefix) ? prefix : undefined;
}
