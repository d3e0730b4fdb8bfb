interface SharedRead<Result> {
  running: Promise<Result>;
  next?: Promise<Result>;
}

/**
 * Merges reads of the same key: those that are requested while one runs share the next one, which begins when it ends. So each result
 * is at least as new as its request, and many clients that connect at once cause few reads.
 */
export class SharedReads<Result> {
  readonly #read: (key: string) => Promise<Result>;
  readonly #reads = new Map<string, SharedRead<Result>>();

  constructor(read: (key: string) => Promise<Result>) {
    this.#read = read;
  }

  /** Resolves with the result of a read that begins now or later. */
  get(key: string): Promise<Result> {
    const current = this.#reads.get(key);
    if (!current) return this.#begin(key);
    const begin = (): Promise<Result> => this.#begin(key);
    current.next ??= current.running.then(begin, begin);
    return current.next;
  }

  #begin(key: string): Promise<Result> {
    const running = this.#read(key);
    const entry: SharedRead<Result> = { running };
    this.#reads.set(key, entry);
    const remove = (): void => {
      if (!entry.next) this.#reads.delete(key);
    };
    running.then(remove, remove);
    return running;
  }
}
