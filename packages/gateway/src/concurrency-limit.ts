/** Limits how many tasks run at a time; the others wait in the order of their `run` calls. */
export class ConcurrencyLimit {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs a task as soon as fewer than the limit are running, and settles with its result or error. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      // The next task replaces this one, so the number of running tasks stays the same.
      if (next) next();
      else this.#running--;
    }
  }
}
