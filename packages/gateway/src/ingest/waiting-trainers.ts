import type { CommandTaker } from '../commands/taker.ts';

/** The trainers that are connected, have no run, and wait to be told to start one. */
export class WaitingTrainers {
  /** The one that waits longest first. */
  readonly #waiting = new Set<CommandTaker>();
  readonly #watchers = new Set<() => void>();

  get count(): number {
    return this.#waiting.size;
  }

  /** Returns the undo. */
  add(trainer: CommandTaker): () => void {
    this.#waiting.add(trainer);
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
    const free = [...this.#waiting].filter(
      (trainer) => trainer.commands.includes('start') && isFree(trainer),
    );
    return free.find(({ publisherId }) => publisherId === preferred) ?? free[0];
  }

  /** Calls back whenever the count changes. Returns the undo. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
