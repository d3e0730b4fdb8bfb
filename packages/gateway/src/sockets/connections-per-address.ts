import type { Server } from 'node:net';
import { networkOf } from './addresses.ts';

export interface ConnectionsPerAddressOptions {
  /** The number of connections that one address, or one network of IPv6, may have at a time. */
  limit: number;
  /** Whether an address has no limit. */
  isExempt: (address: string) => boolean;
  /** Called with each address that is refused a connection. */
  onRefused: (address: string) => void;
}

/** An address with connections. */
interface Client {
  connections: number;
  /** Subtracts one from the count. One function for all connections of the address. */
  release: () => void;
}

const noRelease = (): void => {};

/** Counts and limits the open connections of each client address, or its requests that come through a proxy. */
export class ConnectionsPerAddress {
  readonly #options: ConnectionsPerAddressOptions;
  readonly #clients = new Map<string, Client>();

  constructor(options: ConnectionsPerAddressOptions) {
    this.#options = options;
  }

  /**
   * Adds one to the count of an address and returns the function that subtracts it; undefined when the limit is
   * reached.
   */
  take(address: string): (() => void) | undefined {
    const { limit, isExempt, onRefused } = this.#options;
    if (isExempt(address)) return noRelease;
    const key = networkOf(address);
    const client = this.#clients.get(key) ?? this.#newClient(key);
    if (client.connections >= limit) {
      onRefused(address);
      return undefined;
    }
    client.connections++;
    this.#clients.set(key, client);
    return client.release;
  }

  #newClient(key: string): Client {
    const client: Client = {
      connections: 0,
      release: () => {
        client.connections--;
        if (client.connections === 0) this.#clients.delete(key);
      },
    };
    return client;
  }

  /** Drops connections to a server from addresses that have too many, before anything is read. */
  limitServer(server: Server): void {
    server.on('connection', (socket) => {
      const release = this.take(socket.remoteAddress ?? '');
      if (!release) socket.destroy();
      else if (release !== noRelease) socket.on('close', release);
    });
  }
}
