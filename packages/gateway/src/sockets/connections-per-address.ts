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

/** Counts and limits the open connections of each client address, or its requests that come through a proxy. */
export class ConnectionsPerAddress {
  readonly #options: ConnectionsPerAddressOptions;
  readonly #counts = new Map<string, number>();

  constructor(options: ConnectionsPerAddressOptions) {
    this.#options = options;
  }

  /**
   * Adds one to the count of an address and returns the function that subtracts it; undefined when the limit is
   * reached.
   */
  take(address: string): (() => void) | undefined {
    const { limit, isExempt, onRefused } = this.#options;
    if (isExempt(address)) return () => {};
    const key = networkOf(address);
    const count = this.#counts.get(key) ?? 0;
    if (count >= limit) {
      onRefused(address);
      return undefined;
    }
    this.#counts.set(key, count + 1);
    return () => {
      const left = this.#counts.get(key)! - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }

  /** Drops connections to a server from addresses that have too many, before anything is read. */
  limitServer(server: Server): void {
    server.on('connection', (socket) => {
      const release = this.take(socket.remoteAddress ?? '');
      if (release) socket.once('close', release);
      else socket.destroy();
    });
  }
}
