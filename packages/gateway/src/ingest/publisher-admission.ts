import type { Limits } from '../limits.ts';
import type { Peer } from '../sockets/peer.ts';

export type PublisherAdmissionLimits = Pick<Limits, 'publishers' | 'pendingHellos'>;

/**
 * Counts the connections to the ingest port: those whose first message has not arrived, and publishers. Connections that
 * send nothing take no publisher's place; when there are too many, the oldest is closed, which had the longest time.
 */
export class PublisherAdmission {
  readonly #limits: PublisherAdmissionLimits;
  /** In the order in which they connected. */
  readonly #pending = new Set<Peer>();
  #publishers = 0;

  constructor(limits: PublisherAdmissionLimits) {
    this.#limits = limits;
  }

  /** Whether there is no room for another publisher. */
  get isFull(): boolean {
    return this.#publishers >= this.#limits.publishers;
  }

  /** Counts a connection whose first message has not arrived. */
  add(peer: Peer): void {
    const [oldest] = this.#pending;
    if (oldest && this.#pending.size >= this.#limits.pendingHellos) {
      this.#pending.delete(oldest);
      oldest.cut('helloTimeout');
    }
    this.#pending.add(peer);
    peer.closed.addEventListener('abort', () => this.#pending.delete(peer));
  }

  /** Counts a connection as a publisher's from now on; false when there is no room for it. */
  promote(peer: Peer): boolean {
    this.#pending.delete(peer);
    if (this.isFull) return false;
    this.#publishers++;
    peer.closed.addEventListener('abort', () => this.#publishers--);
    return true;
  }
}
