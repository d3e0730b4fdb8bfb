import type { CommandTarget } from './command-target.ts';
import { noRemotePresence, type RemotePresence } from './remote-presence.ts';

/** The trainers that are connected, have no run, and wait to be told to start one. */
export class IdleTrainers {
  /** The one that waits longest first. */
  readonly #idleSince = new Map<CommandTarget, number>();
  readonly #listeners = new Set<() => void>();
  readonly #remote: RemotePresence;

  constructor(elsewhere: RemotePresence = noRemotePresence) {
    this.#remote = elsewhere;
  }

  get count(): number {
    return this.#all.length;
  }

  /** Those that are connected here, and since when. */
  get local(): [trainer: CommandTarget, since: number][] {
    return [...this.#idleSince];
  }

  /** Returns the undo. */
  add(trainer: CommandTarget): () => void {
    this.#idleSince.set(trainer, performance.now());
    this.#emitChange();
    return () => {
      this.#idleSince.delete(trainer);
      this.#emitChange();
    };
  }

  /** The one that is preferred, if it waits, or the one that waits longest; only those that are free. */
  longestIdle(
    isFree: (trainer: CommandTarget) => boolean,
    preferred: string | undefined,
  ): CommandTarget | undefined {
    const free = this.#all.filter((trainer) => trainer.commands.includes('start') && isFree(trainer));
    return free.find(({ publisherId }) => publisherId === preferred) ?? free[0];
  }

  /** Calls back whenever the count may have changed. Returns the undo. */
  onChange(watcher: () => void): () => void {
    const undos = [this.onLocalChange(watcher), this.#remote.onChange(watcher)];
    return () => {
      for (const undo of undos) undo();
    };
  }

  /** The same for those that are connected here. */
  onLocalChange(watcher: () => void): () => void {
    this.#listeners.add(watcher);
    return () => this.#listeners.delete(watcher);
  }

  /** A trainer that came here from another gateway may be on that one's list for a moment yet. */
  get #all(): CommandTarget[] {
    const here = [...this.#idleSince.keys()];
    const ids = new Set(here.map(({ publisherId }) => publisherId));
    return [...here, ...this.#remote.idleTrainers.filter(({ publisherId }) => !ids.has(publisherId))];
  }

  #emitChange(): void {
    for (const watcher of this.#listeners) watcher();
  }
}
