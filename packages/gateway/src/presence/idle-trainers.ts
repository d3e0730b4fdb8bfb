import type { CommandTaker } from './command-target.ts';
import { type Elsewhere, nowhere } from './remote-presence.ts';

/** The trainers that are connected, have no run, and wait to be told to start one. */
export class WaitingTrainers {
  /** The one that waits longest first. */
  readonly #waiting = new Map<CommandTaker, number>();
  readonly #watchers = new Set<() => void>();
  readonly #elsewhere: Elsewhere;

  constructor(elsewhere: Elsewhere = nowhere) {
    this.#elsewhere = elsewhere;
  }

  get count(): number {
    return this.#all.length;
  }

  /** Those that are connected here, and since when. */
  get here(): [trainer: CommandTaker, since: number][] {
    return [...this.#waiting];
  }

  /** Returns the undo. */
  add(trainer: CommandTaker): () => void {
    this.#waiting.set(trainer, performance.now());
    this.#changed();
    return () => {
      this.#waiting.delete(trainer);
      this.#changed();
    };
  }

  /** The one that is preferred, if it waits, or the one that waits longest; only those that are free. */
  longestWaiting(
    isFree: (trainer: CommandTaker) => boolean,
    preferred: string | undefined,
  ): CommandTaker | undefined {
    const free = this.#all.filter((trainer) => trainer.commands.includes('start') && isFree(trainer));
    return free.find(({ publisherId }) => publisherId === preferred) ?? free[0];
  }

  /** Calls back whenever the count may have changed. Returns the undo. */
  watch(watcher: () => void): () => void {
    const undos = [this.watchHere(watcher), this.#elsewhere.watch(watcher)];
    return () => {
      for (const undo of undos) undo();
    };
  }

  /** The same for those that are connected here. */
  watchHere(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** A trainer that came here from another gateway may be on that one's list for a moment yet. */
  get #all(): CommandTaker[] {
    const here = [...this.#waiting.keys()];
    const ids = new Set(here.map(({ publisherId }) => publisherId));
    return [...here, ...this.#elsewhere.waiting.filter(({ publisherId }) => !ids.has(publisherId))];
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
