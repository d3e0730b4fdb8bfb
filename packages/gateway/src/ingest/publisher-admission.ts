import type { Limits } from '../limits.ts';
import type { Peer } from '../sockets/peer.ts';

export type PublisherAdmissionLimits = Pick<Limits, 'publishers' | 'pendingHellos'>;

/**
 * Limits the connections to the ingest port, with one limit for publishers and another for connections whose first
 * message has not arrived. Connections that send nothing therefore leave room for publishers; when there are too many of
 * them, the oldest is closed.
 */
export class PublisherAdmission {
  readonly #limits: PublisherAdmissionLimits;
  /** The connections whose first message has not arrived, the oldest first. */
  readonly #pending = new Set<Peer>();
  #publishers = 0;

  constructor(limits: PublisherAdmissionLimits) {
    this.#limits = limits;
  }

  /** Whether there is no room for another publisher. */
  get isFull(): boolean {
    return this.#publishers >= this.#limits.publishers;
  }

  /** Adds a new connection, whose first message has not arrived. May close the oldest such connection. */
  add(peer: Peer): void {
    const [oldest] = this.#pending;
    if (oldest && this.#pending.size >= this.#limits.pendingHellos) {
      this.#pending.delete(oldest);
      oldest.cut('helloTimeout');
    }
    this.#pending.add(peer);
    peer.onClose(() => this.#pending.delete(peer));
  }

  /** Counts a connection as a publisher until it closes. Returns false when the limit of publishers is reached. */
  promote(peer: Peer): boolean {
    this.#pending.delete(peer);
    if (this.isFull) return false;
    this.#publishers++;
    peer.onClose(() => this.#publishers--);
    return true;
  }
}
