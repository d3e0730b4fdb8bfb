import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { Gateway } from './app.ts';
import type { Config } from './config.ts';
import { publicHost } from './trust/authorization.ts';
import { isLoopback } from './trust/hosts.ts';

/** Where the gateway can be reached from this machine. */
export interface Addresses {
  /** Of the dashboard; where a container publishes it, if one does. */
  url: string;
  /** Of the socket for publishers. */
  ingestUrl: string;
}

type BindAddresses = Pick<Config, 'host' | 'port' | 'ingestHost' | 'ingestPort'> &
  Partial<Pick<Config, 'bind'>>;

/**
 * Listens on both ports.
 * @throws MonitorError `port.unavailable` when one cannot be had; the gateway is to be closed then.
 */
export async function listen({ publicApp, ingestApp }: Gateway, place: BindAddresses): Promise<Addresses> {
  const port = await bind(publicApp, { host: place.host, port: place.port, flags: ['host', 'port'] });
  const ingestPort = await bind(ingestApp, {
    host: place.ingestHost,
    port: place.ingestPort,
    flags: ['ingest-host', 'ingest-port'],
  });
  return {
    url: `http://${displayHost(publicHost(place), 'localhost')}:${port}`,
    ingestUrl: `ws://${displayHost(place.ingestHost, '127.0.0.1')}:${ingestPort}/ingest`,
  };
}

interface Binding {
  host: string;
  port: number;
  /** Without the dashes: that of the address and that of the port. */
  flags: [host: string, port: string];
}

/** Resolves with the port, which 0 leaves to the system. */
async function bind(app: FastifyInstance, { host, port, flags }: Binding): Promise<number> {
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening at ${address}` });
  } catch (cause) {
    const [hostFlag, portFlag] = flags;
    const advice: Record<string, string> = {
      EADDRINUSE: `port ${port} on ${host} is in use: stop the program that has it, or choose another with --${portFlag}`,
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

/** An address that a client on this machine can use; the "any" addresses are for listening alone. */
function displayHost(host: string, local: string): string {
  if (['0.0.0.0', '::', ''].includes(host)) return local;
  if (isLoopback(host) && local === 'localhost') return local;
  return host.includes(':') ? `[${host}]` : host;
}
