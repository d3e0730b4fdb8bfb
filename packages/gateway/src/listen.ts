import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
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

/** Returns the bindings of the public port and of the port for publishers. */
const bindingsOf = ({ host, port, ingestHost, ingestPort }: BindAddresses): [Binding, Binding] => [
  { host, port, flags: ['host', 'port'] },
  { host: ingestHost, port: ingestPort, flags: ['ingest-host', 'ingest-port'] },
];

/**
 * Checks that both ports can be listened on. Called before the store is opened, so that a gateway whose port is in use writes no files.
 * @throws MonitorError `port.unavailable`
 */
export async function checkPorts(addresses: BindAddresses): Promise<void> {
  const probes: Server[] = [];
  try {
    for (const binding of bindingsOf(addresses)) {
      const probe = createServer();
      await once(probe.listen(binding), 'listening').catch((cause) =>
        Promise.reject(bindError(binding, cause)),
      );
      probes.push(probe);
    }
  } finally {
    await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  }
}

/**
 * Starts to listen on both ports.
 * @throws MonitorError `port.unavailable` when one is unavailable; the caller then closes the gateway.
 */
export async function listen(
  { publicApp, ingestApp }: Gateway,
  addresses: BindAddresses,
): Promise<Addresses> {
  const { ingestHost } = addresses;
  const [publicBinding, ingestBinding] = bindingsOf(addresses);
  const port = await bind(publicApp, publicBinding);
  const ingestPort = await bind(ingestApp, ingestBinding);
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
async function bind(app: FastifyInstance, binding: Binding): Promise<number> {
  const { host, port } = binding;
  try {
    await app.listen({ host, port, backlog, listenTextResolver: (address) => `listening at ${address}` });
  } catch (cause) {
    throw bindError(binding, cause);
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function bindError({ host, port, flags: [hostFlag, portFlag] }: Binding, cause: unknown): MonitorError {
  const advice: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is in use: stop the program that uses it, or choose another with --${portFlag}`,
    EACCES: `port ${port} on ${host} is not permitted to this user: choose one from 1024 with --${portFlag}`,
  };
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const message =
    advice[code] ?? `cannot listen on ${host}:${port} (${code}): choose another address with --${hostFlag}`;
  return new MonitorError('port.unavailable', message, { cause });
}
