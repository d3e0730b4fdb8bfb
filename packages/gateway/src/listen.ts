import { type AddressInfo, connect } from 'node:net';
import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { Gateway } from './app.ts';
import type { Config } from './config.ts';
import { publicHost } from './trust/authorization.ts';
import { isLoopback, isWildcard, toUrlHost } from './trust/hosts.ts';

/** Addresses at which clients on this machine reach the gateway. */
export interface Addresses {
  /** Address of the dashboard on this machine; in a container, the published one. */
  url: string;
  /** Address of the WebSocket for publishers. */
  ingestUrl: string;
}

type BindAddresses = Pick<Config, 'host' | 'port' | 'ingestHost' | 'ingestPort'> &
  Partial<Pick<Config, 'bind'>>;

/**
 * Starts to listen on both ports.
 * @throws MonitorError `port.unavailable` when one is unavailable; the caller then closes the gateway.
 */
export async function listen(
  { publicApp, ingestApp }: Gateway,
  addresses: BindAddresses,
): Promise<Addresses> {
  const { host, ingestHost } = addresses;
  const port = await bind(publicApp, { host, port: addresses.port, flags: ['host', 'port'] });
  const ingestPort = await bind(ingestApp, {
    host: ingestHost,
    port: addresses.ingestPort,
    flags: ['ingest-host', 'ingest-port'],
  });
  return {
    url: `http://${await pageHost(publicApp, addresses, port)}:${port}`,
    ingestUrl: `ws://${isWildcard(ingestHost) ? '127.0.0.1' : toUrlHost(ingestHost)}:${ingestPort}/ingest`,
  };
}

/** Returns the host at which a browser on this machine reaches the page. */
async function pageHost(app: FastifyInstance, addresses: BindAddresses, port: number): Promise<string> {
  // With a host on loopback, `--bind` names a proxy in front. The proxy may have another port than this address gets.
  const host = isLoopback(addresses.host) ? addresses.host : publicHost(addresses);
  if (!isLoopback(host) && !isWildcard(host)) return toUrlHost(host);
  const bound = (app.addresses() as AddressInfo[]).map(({ address }) => address);
  const isBound = (address: string, wildcard: string): boolean =>
    bound.some((each) => [address, wildcard, '::'].includes(each));
  const [isAt4, isAt6] = [isBound('127.0.0.1', '0.0.0.0'), isBound('::1', '::')];
  if (isAt4 && (isAt6 || !(await accepts('::1', port)))) return 'localhost';
  return isAt4 ? '127.0.0.1' : toUrlHost(bound[0] ?? host);
}

/** The time that `accepts` waits for a connection: a program that listens on this machine accepts at once. */
const probeMs = 200;

/**
 * Returns whether a program accepts connections at an address. Browsers try ::1 first for `localhost`, and on macOS, AirPlay listens
 * on port 5000 of all addresses.
 */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: probeMs });
    const settle = (isAccepted: boolean): void => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.on('connect', () => settle(true));
    for (const event of ['error', 'timeout']) socket.on(event, () => settle(false));
  });
}

interface Binding {
  host: string;
  port: number;
  /** Names of the flags that set the host and the port, without dashes. */
  flags: [host: string, port: string];
}

/**
 * Connections that may wait to be accepted: all viewers of another gateway, when that one ends, and what does not fit waits a second
 * for its next try. The system allows at most `net.core.somaxconn`, 4,096 on Linux.
 */
const backlog = 4_096;

/** Resolves with the bound port: the system chooses one for port 0. */
async function bind(app: FastifyInstance, { host, port, flags }: Binding): Promise<number> {
  try {
    await app.listen({ host, port, backlog, listenTextResolver: (address) => `listening at ${address}` });
  } catch (cause) {
    const [hostFlag, portFlag] = flags;
    const advice: Record<string, string> = {
      EADDRINUSE: `port ${port} on ${host} is in use: stop the program that uses it, or choose another with --${portFlag}`,
      EACCES: `port ${port} on ${host} is not permitted to this user: choose one from 1024 with --${portFlag}`,
    };
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const message =
      advice[code] ?? `cannot listen on ${host}:${port} (${code}): choose another address with --${hostFlag}`;
    throw new MonitorError('port.unavailable', message, { cause });
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}
