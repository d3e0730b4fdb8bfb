import type { IncomingHttpHeaders } from 'node:http';
import type { SocketAddresses } from '@mnist-monitor/shared/documents';
import type { FastifyRequest } from 'fastify';
import { isWildcard, toUrlHost } from '../../trust/hosts.ts';

/** The address that the ingest port is bound to. */
export interface IngestAddress {
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
export function addressesFor(request: AddressedRequest, ingest: IngestAddress): SocketAddresses {
  const isSecure = request.protocol === 'https';
  // HTTP/1.0 needs no Host; then the client has connected to the local address of the connection.
  const { localAddress = 'localhost', localPort = 80 } = request.socket;
  const named = `${request.protocol}://${request.host}`;
  const { host, hostname } = new URL(
    request.host !== '' && URL.canParse(named) ? named : `http://${toUrlHost(localAddress)}:${localPort}`,
  );
  const pathname = pathPrefix(request);
  const ingestHost = isWildcard(ingest.host) ? hostname : toUrlHost(ingest.host);
  return {
    public: { host, protocol: isSecure ? 'wss' : 'ws', ...(pathname !== undefined && { pathname }) },
    ingest: { host: `${ingestHost}:${ingest.port()}`, protocol: 'ws' },
  };
}

/** Returns the path below which a trusted proxy serves the gateway, such as `/monitor`; undefined without such a path. */
function pathPrefix({ headers, ips = [] }: AddressedRequest): string | undefined {
  const prefix = String(headers['x-forwarded-prefix'] ?? '');
  // The header counts only when a trusted proxy (`--proxies`) sent the request: then `ips` has more than one address.
  return ips.length > 1 && /^(\/[\w.~@%-]+)+$/.test(prefix) ? prefix : undefined;
}
