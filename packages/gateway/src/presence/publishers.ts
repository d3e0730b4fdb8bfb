import { Listeners } from '../listeners.ts';
import type { CommandTarget } from './command-target.ts';
import { noRemotePresence, type PublisherPresence, type RemotePresence } from './presence.ts';

/** A connection through which a publisher sends the events of one run. */
export interface PublisherConnection extends CommandTarget {
  readonly presence: PublisherPresence;
  /** Closes the connection because the same publisher has connected again. */
  closeAsReplaced(): void;
  /** Closes the connection because another publisher has the run at another gateway. */
  closeAsTaken(): void;
  /** Resolves when every event accepted from the connection is durable, or was dropped because the store failed. */
  settled(): Promise<void>;
}

/** The result of claiming a run: whether another publisher has it, and otherwise the connection that was replaced. */
export type ClaimResult = { taken: true } | { taken: false; previous: PublisherConnection | undefined };

/** The publishers of runs, at this gateway and at the others. A run has one publisher at a time. */
export class Publishers {
  /** The connections by run. They are open, or still have events to write. */
  readonly #connections = new Map<string, PublisherConnection>();
  /** One entry of some hundred bytes for each run that was published to this gateway since the start. */
  readonly #presences = new Map<string, PublisherPresence>();
  readonly #listeners = new Listeners<[runId: string]>();
  readonly #remote: RemotePresence;

  constructor(remote: RemotePresence = noRemotePresence) {
    this.#remote = remote;
  }

  /** The runs whose publishers are connected to this gateway. */
  get local(): [runId: string, connection: PublisherConnection][] {
    return [...this.#connections].filter(([, { presence }]) => presence.disconnectedAt === undefined);
  }

  /** Returns the connected publisher of a run, at any gateway. */
  publisherOf(runId: string): CommandTarget | undefined {
    return this.localPublisherOf(runId) ?? this.#remote.publisherOf(runId);
  }

  /** Returns the run's publisher if it is connected to this gateway. */
  localPublisherOf(runId: string): PublisherConnection | undefined {
    const connection = this.#connections.get(runId);
    return connection?.presence.disconnectedAt === undefined ? connection : undefined;
  }

  /** Returns when the run's last publisher was connected; undefined when it had none since the start. */
  presenceOf(runId: string): PublisherPresence | undefined {
    const [local, remote] = [this.#presences.get(runId), this.#remote.presenceOf(runId)];
    if (!local || !remote) return local ?? remote;
    return (local.disconnectedAt ?? Infinity) >= (remote.disconnectedAt ?? Infinity) ? local : remote;
  }

  /**
   * Assigns the run to a connection unless another publisher is connected. The previous connection has to settle
   * before the last seq of the run is read for the new one.
   */
  claim(runId: string, next: PublisherConnection): ClaimResult {
    const previous = this.#connections.get(runId);
    const holder = this.publisherOf(runId);
    if (holder && holder.publisherId !== next.publisherId) return { taken: true };
    this.#connections.set(runId, next);
    this.#presences.set(runId, next.presence);
    previous?.closeAsReplaced();
    this.#listeners.emit(runId);
    return { taken: false, previous };
  }

  /** Records that the connection is closed; it may still have events to write. */
  markDisconnected(runId: string, { presence }: PublisherConnection): void {
    presence.disconnectedAt ??= performance.now();
    this.#listeners.emit(runId);
  }

  /**
   * Removes a connection unless another one has replaced it.
   * @param options.hasBegun Whether the run has events; the presence of a run without events is removed too.
   */
  release(runId: string, connection: PublisherConnection, { hasBegun }: { hasBegun: boolean }): void {
    if (this.#connections.get(runId) !== connection) return;
    this.#connections.delete(runId);
    if (!hasBegun) this.#presences.delete(runId);
  }

  /**
   * Calls back when a run's publisher connects or disconnects at any gateway.
   * Returns the function that removes the listener.
   */
  onChange(listener: (runId: string) => void): () => void {
    const removals = [this.onLocalChange(listener), this.#remote.onRunChange(listener)];
    return () => {
      for (const remove of removals) remove();
    };
  }

  /** Calls back when a run's publisher connects or disconnects at this gateway. Returns the function that removes the listener. */
  onLocalChange(listener: (runId: string) => void): () => void {
    return this.#listeners.add(listener);
  }
}
