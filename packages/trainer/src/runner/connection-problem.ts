/** A failed attempt to connect to the gateway. */
export interface ConnectionFailure {
  /** The address that was tried. */
  url: string;
  /** Reason that the WebSocket client reports. */
  reason: string;
  /** The error of the network, if there was one. */
  error: NodeJS.ErrnoException | undefined;
  /** Whether the gateway refused the connection because another publisher of the run is connected. */
  isTaken: boolean;
}

/**
 * Explains in one clause why the gateway cannot be reached, and what to check. "It" in the clause is the gateway.
 */
export function describeProblem({ url, reason, error, isTaken }: ConnectionFailure): string {
  const { host, hostname, protocol } = new URL(url);
  if (isTaken)
    return 'it still has the connection of another trainer for this run, and closes a dead one after 30 s';
  if (!error) return reason === 'unknown' ? 'it closes the connection without a reason' : reason;
  const { code = '', message } = error;
  const [, status] = /^Unexpected server response: (\d+)/.exec(message) ?? [];
  if (status !== undefined)
    return `HTTP status ${status}: check port and path, by default ${defaultAddress(url)}`;
  if (code === 'ECONNREFUSED') return `nothing listens at ${host}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${hostname} cannot be resolved`;
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return `no TLS at ${host}: check the port, or use ws://`;
  if (protocol === 'wss:' && isCertificateError(code))
    return `its certificate is not valid here (${message}); set NODE_EXTRA_CA_CERTS to a file with the certificate of your own authority`;
  return [message, code].find((text) => text !== '') ?? reason;
}

/** Returns the default address for publishers of a gateway on the same host. */
export const defaultAddress = (url: string): string => `ws://${new URL(url).hostname}:5001/ingest`;

/** Returns whether an error code of Node.js means that a TLS certificate was refused. */
const isCertificateError = (code: string): boolean => /CERT|SIGNATURE|ISSUER|CRL|SELF_SIGNED/.test(code);
