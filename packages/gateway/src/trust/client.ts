import { type ForwardedRequest, proxyTrace } from './proxy-trace.ts';

/** The client that sent a request, as far as the gateway can distinguish clients. */
export interface Client {
  /** The address of the client, or of the proxy in front of it when `proxy` is `unnamed`. */
  address: string;
  /**
   * The proxy in front: `none`: the request has no trace of one; `named`: `--proxies` names it, and it
   * forwards the address of the client; `unnamed`: another one, whose clients all have its address.
   */
  proxy: 'none' | 'named' | 'unnamed';
}

/** A request with the address of its client, and that of the other end of its connection. */
export interface ClientRequest extends ForwardedRequest {
  ip: string;
  socket: { remoteAddress?: string | undefined };
}

/** Returns the client that sent a request. */
export function clientOf(request: ClientRequest): Client {
  const { ip: address, socket } = request;
  if (proxyTrace(request) === undefined) return { address, proxy: 'none' };
  return { address, proxy: address === socket.remoteAddress ? 'unnamed' : 'named' };
}
