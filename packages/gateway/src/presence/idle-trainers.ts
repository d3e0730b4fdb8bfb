import { Listeners } from '../listeners.ts';
import type { CommandTarget } from './command-target.ts';
import { noRemotePresence, type RemotePresence } from './presence.ts';

/** The connected trainers that have no run and can start one. */
export class IdleTrainers {
  /** The local idle trainers and when each became idle, by `performance.now()`; the longest idle first. */
  readonly #idleSince = new Map<CommandTarget, number>();
  readonly #listeners = new Listeners();
  readonly #remote: RemotePresence;

  constructor(remote: RemotePresence = noRemotePresence) {
    this.#remote = remote;
  }

  /** The number of idle trainers at all gateways. */
  get count(): number {
    return this.#all.length;
  }

  /** Returns whether a trainer is idle, at any gateway. */
  has(publisherId: string): boolean {
    return this.#all.some((trainer) => trainer.publisherId === publisherId);
  }

  /** The idle trainers connected to this gateway and when each became idle, by `performance.now()`. */
  get local(): [trainer: CommandTarget, since: number][] {
    return [...this.#idleSince];
  }

  /** Adds a trainer and returns the function that removes it. */
  add(trainer: CommandTarget): () => void {
    this.#idleSince.set(trainer, performance.now());
    this.#listeners.emit();
    return () => {
      this.#idleSince.delete(trainer);
      this.#listeners.emit();
    };
  }

  /**
   * Returns an eligible trainer that accepts `start`: the one with the preferred publisher id, else the one that has been
   * idle longest at this gateway, else one at another gateway.
   */
  choose(
    isEligible: (trainer: CommandTarget) => boolean,
    preferredId: string | undefined,
  ): CommandTarget | undefined {
    const eligible = this.#all.filter((trainer) => trainer.commands.includes('start') && isEligible(trainer));
    return eligible.find(({ publisherId }) => publisherId === preferredId) ?? eligible[0];
  }

  /** Calls back when the count at any gateway may have changed. Returns the function that removes the listener. */
  onChange(listener: () => void): () => void {
    const removals = [this.onLocalChange(listener), this.#remote.onChange(listener)];
    return () => {
      for (const remove of removals) remove();
    };
  }

  /** Calls back when a trainer is added or removed at this gateway. Returns the function that removes the listener. */
  onLocalChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * The idle trainers at all gateways. A trainer that has moved to this gateway is counted once, although its former
   * gateway may still list it.
   */
  get #all(): CommandTarget[] {
    const local = [...this.#idleSince.keys()];
    const ids = new Set(local.map(({ publisherId }) => publisherId));
    return [...local, ...this.#remote.idleTrainers.filter(({ publisherId }) => !ids.has(publisherId))];
  }
}
