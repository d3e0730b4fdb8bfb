import type { Socket } from 'node:net';
import { MonitorError } from '@mnist-monitor/shared';
import { isLoopback } from '../trust/hosts.ts';
import { TokenBucket } from './token-bucket.ts';

export interface AdmissionLimits {
  /** Connections at a time, in all and from one address. */
  clients: number;
  clientsPerAddress: number;
  /** How often one address may connect: on average, and at once after a quiet time. */
  upgradesPerSecond: number;
  upgradeBurst: number;
}

interface Client {
  connections: number;
  upgrades: TokenBucket;
}

/** With so many addresses known, those are forgotten that have not come for a while. */
const rememberedAddresses = 1_000;

/** Says who may connect. This machine itself is bound by the number in all alone. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #clients = new Map<string, Client>();
  #connections = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a connection from when it asks for an upgrade until it is gone.
   * @throws MonitorError `server.full` or `request.too_many`
   */
  admit(address: string, stream: Socket): void {
    const { clients, clientsPerAddress, upgradesPerSecond } = this.#limits;
    if (this.#connections >= clients)
      throw new MonitorError('server.full', `the ${clients} places for clients are taken: try again later`);
    const visitor = this.#clientAt(address);
    if (visitor && visitor.connections >= clientsPerAddress)
      throw new MonitorError(
        'request.too_many',
        `the ${clientsPerAddress} places for clients of one address are taken: close some of them`,
      );
    if (visitor && !visitor.upgrades.take())
      throw new MonitorError(
        'request.too_many',
        `expected at most ${upgradesPerSecond} connections a second from one address`,
      );
    this.#count(visitor, 1);
    stream.once('close', () => this.#count(visitor, -1));
  }

  get connections(): number {
    return this.#connections;
  }

  get knownAddresses(): number {
    return this.#clients.size;
  }

  #count(visitor: Client | undefined, difference: number): void {
    this.#connections += difference;
    if (visitor) visitor.connections += difference;
  }

  #clientAt(address: string): Client | undefined {
    if (isLoopback(address.replace(/^::ffff:/, ''))) return undefined;
    let visitor = this.#clients.get(address);
    if (!visitor) {
      if (this.#clients.size >= rememberedAddresses) this.#removeIdle();
      const { upgradesPerSecond: perSecond, upgradeBurst: burst } = this.#limits;
      visitor = { connections: 0, upgrades: new TokenBucket({ perSecond, burst }) };
      this.#clients.set(address, visitor);
    }
    return visitor;
  }

  #removeIdle(): void {
    for (const [address, { connections, upgrades }] of this.#clients)
      if (connections === 0 && upgrades.isFull) this.#clients.delete(address);
  }
}
