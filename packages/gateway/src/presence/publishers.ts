import type { CommandTarget } from './command-target.ts';
import type { PublisherPresence } from './presence.ts';
import { noRemotePresence, type RemotePresence } from './remote-presence.ts';

/** One publisher's hold on one run. */
export interface PublisherConnection extends CommandTarget {
  readonly presence: PublisherPresence;
  /** Ends the connection, since the same publisher has come again. */
  closeAsReplaced(): void;
  /** Ends the connection, since another publisher has the run at another gateway. */
  closeAsTaken(): void;
  /** Resolves when everything that it took in is durable or given up. */
  settled(): Promise<void>;
}

export type ClaimResult = { taken: true } | { taken: false; previous: PublisherConnection | undefined };

/** Who publishes which run, here or at another gateway. A run has one publisher at a time. */
export class Publishers {
  /** While they are connected, or still have events to write. */
  readonly #byRun = new Map<string, PublisherConnection>();
  /** Of every run that was published since the start: some hundred bytes each. */
  readonly #presences = new Map<string, PublisherPresence>();
  readonly #listeners = new Set<(runId: string) => void>();
  readonly #remote: RemotePresence;

  constructor(elsewhere: RemotePresence = noRemotePresence) {
    this.#remote = elsewhere;
  }

  /** The runs whose publishers are connected here. */
  get local(): [runId: string, connection: PublisherConnection][] {
    return [...this.#byRun].filter(([, { presence }]) => presence.disconnectedAt === undefined);
  }

  /** Whoever is connected for a run. */
  publisherOf(runId: string): CommandTarget | undefined {
    return this.localPublisherOf(runId) ?? this.#remote.publisherOf(runId);
  }

  /** The connection whose connection is there. */
  localPublisherOf(runId: string): PublisherConnection | undefined {
    const connection = this.#byRun.get(runId);
    return connection?.presence.disconnectedAt === undefined ? connection : undefined;
  }

  /** Of the publisher that was there last; undefined for a run that has had none since the start. */
  presenceOf(runId: string): PublisherPresence | undefined {
    const [here, there] = [this.#presences.get(runId), this.#remote.presenceOf(runId)];
    if (!here || !there) return here ?? there;
    return (here.disconnectedAt ?? Infinity) >= (there.disconnectedAt ?? Infinity) ? here : there;
  }

  /**
   * Gives the run to a connection unless another publisher is connected. The previous holder has to settle
   * before the new one may ask where to go on.
   */
  claim(runId: string, next: PublisherConnection): ClaimResult {
    const previous = this.#byRun.get(runId);
    const holder = this.publisherOf(runId);
    if (holder && holder.publisherId !== next.publisherId) return { taken: true };
    this.#byRun.set(runId, next);
    this.#presences.set(runId, next.presence);
    previous?.closeAsReplaced();
    this.#emitChange(runId);
    return { taken: false, previous };
  }

  /** Its connection is gone; it may still have events to write. */
  markDisconnected(runId: string, { presence }: PublisherConnection): void {
    presence.disconnectedAt ??= performance.now();
    this.#emitChange(runId);
  }

  /** Frees the run, unless somebody else holds it by now. One that has not begun is forgotten altogether. */
  release(runId: string, connection: PublisherConnection, { hasBegun }: { hasBegun: boolean }): void {
    if (this.#byRun.get(runId) !== connection) return;
    this.#byRun.delete(runId);
    if (!hasBegun) this.#presences.delete(runId);
  }

  /** Calls back whenever the publisher of a run comes or goes. Returns the undo. */
  onChange(watcher: (runId: string) => void): () => void {
    const undos = [this.onLocalChange(watcher), this.#remote.onRunChange(watcher)];
    return () => {
      for (const undo of undos) undo();
    };
  }

  /** The same for those that are connected here. */
  onLocalChange(watcher: (runId: string) => void): () => void {
    this.#listeners.add(watcher);
    return () => this.#listeners.delete(watcher);
  }

  #emitChange(runId: string): void {
    for (const watcher of this.#listeners) watcher(runId);
  }
}
