import { connect } from 'node:net';
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
    // `--bind` may name a proxy on this machine, which has another port: then the bound address is the right one.
    url: `http://${displayHost(isLoopback(host) ? host : publicHost(addresses), await localName(host, port), true)}:${port}`,
    ingestUrl: `ws://${displayHost(ingestHost, '127.0.0.1')}:${ingestPort}/ingest`,
  };
}

/** How long `localName` waits for a connection: a program that listens on this machine accepts at once. */
const connectTimeoutMs = 200;

/**
 * Returns `localhost`, or 127.0.0.1 when another program listens on the same port of ::1, which browsers try first: on
 * macOS, AirPlay listens on port 5000 of all addresses.
 */
function localName(host: string, port: number): Promise<string> {
  if (host !== '127.0.0.1') return Promise.resolve('localhost');
  return new Promise((resolve) => {
    const socket = connect({ host: '::1', port, timeout: connectTimeoutMs });
    const settle = (name: string): void => {
      socket.destroy();
      resolve(name);
    };
    socket.on('connect', () => settle('127.0.0.1'));
    for (const event of ['error', 'timeout']) socket.on(event, () => settle('localhost'));
  });
}

interface Binding {
  host: string;
  port: number;
  /** Names of the flags that set the host and the port, without dashes. */
  flags: [host: string, port: string];
}

/** Resolves with the bound port: the system chooses one for port 0. */
async function bind(app: FastifyInstance, { host, port, flags }: Binding): Promise<number> {
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening at ${address}` });
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

/**
 * Returns a host that a client on this machine can connect to: nothing connects to the wildcard addresses.
 * @param local Replaces a wildcard address and, for the page, a loopback address too.
 */
function displayHost(host: string, local: string, isPage = false): string {
  if (isWildcard(host)) return local;
  if (isLoopback(host) && isPage) return local;
  return toUrlHost(host);
}
