import { BlockList, isIPv4, isIPv6, type Server } from 'node:net';
import { isLoopback } from '../trust/hosts.ts';

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

/**
 * Returns the network that limits count as one client: an IPv4 address, also written as IPv6, or the /64 of an IPv6
 * address, in which a single customer has 18 quintillion addresses.
 */
export function networkOf(address: string): string {
  const plain = withoutMapping(address);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : 8 - groups.length - last.length;
  const all = [...groups, ...Array<string>(missing).fill('0'), ...last];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** Returns whether an address is a loopback address, also when IPv4 is written as IPv6. */
export const isThisMachine = (address: string): boolean => isLoopback(withoutMapping(address));

/** Returns a function that recognises the addresses in a list of addresses and networks, such as `10.0.0.0/8`. */
export function addressMatcher(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = withoutMapping(address);
    return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  };
}

const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
