import type { Socket } from 'node:net';
import { MonitorError } from '@mnist-monitor/shared';
import { isThisMachine, networkOf } from './addresses.ts';
import { TokenBucket } from './token-bucket.ts';

export interface AdmissionLimits {
  /** The maximum number of sockets at a time. */
  sockets: number;
  /** The maximum number of sockets at a time from one address. */
  socketsPerAddress: number;
  /** The number of connections per second that one address may open on average. */
  upgradesPerSecond: number;
  /** The number of connections that one address may open at once after a quiet time. */
  upgradeBurst: number;
}

interface Client {
  connections: number;
  upgrades: TokenBucket;
  /** Called when one of the connections closes. One function for all of them: a closure for each would take 300 bytes. */
  release: () => void;
}

/**
 * When this many addresses are known, those without recent or open connections are removed. An LRU cache cannot be used,
 * because it could evict an address with open connections.
 */
const maxAddresses = 1_000;

/** Decides which clients may connect. For clients on this machine only the total number is limited. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #clients = new Map<string, Client>();
  #connections = 0;
  /** The `release` of the clients on this machine. */
  readonly #releaseLocal = (): void => this.#count(undefined, -1);

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /**
   * Admits a connection at its upgrade request, and counts it until it closes.
   * @throws MonitorError `server.full` or `request.too_many`
   */
  admit(address: string, stream: Socket): void {
    this.check(address);
    const client = this.#clientAt(address);
    client?.upgrades.take();
    this.#count(client, 1);
    stream.on('close', client ? client.release : this.#releaseLocal);
  }

  /**
   * Checks that a connection from an address would be admitted now.
   * @throws MonitorError `server.full` or `request.too_many`
   */
  check(address: string): void {
    const { sockets, socketsPerAddress, upgradesPerSecond } = this.#limits;
    if (this.#connections >= sockets)
      throw new MonitorError('server.full', `all ${sockets} connections are in use: try again later`);
    const client = this.#clientAt(address);
    if (client && client.connections >= socketsPerAddress)
      throw new MonitorError(
        'request.too_many',
        `all ${socketsPerAddress} connections for one address are in use: close some of them`,
      );
    if (client?.upgrades.isEmpty)
      throw new MonitorError(
        'request.too_many',
        `expected at most ${upgradesPerSecond} connections a second from one address`,
      );
  }

  get connections(): number {
    return this.#connections;
  }

  get knownAddresses(): number {
    return this.#clients.size;
  }

  #count(client: Client | undefined, difference: number): void {
    this.#connections += difference;
    if (client) client.connections += difference;
  }

  #clientAt(address: string): Client | undefined {
    if (isThisMachine(address)) return undefined;
    const network = networkOf(address);
    let client = this.#clients.get(network);
    if (!client) {
      if (this.#clients.size >= maxAddresses) this.#removeIdle();
      const { upgradesPerSecond: perSecond, upgradeBurst: burst } = this.#limits;
      client = this.#newClient(new TokenBucket({ perSecond, burst }));
      this.#clients.set(network, client);
    }
    return client;
  }

  #newClient(upgrades: TokenBucket): Client {
    const client: Client = { connections: 0, upgrades, release: () => this.#count(client, -1) };
    return client;
  }

  #removeIdle(): void {
    for (const [address, { connections, upgrades }] of this.#clients)
      if (connections === 0 && upgrades.isFull) this.#clients.delete(address);
  }
}
