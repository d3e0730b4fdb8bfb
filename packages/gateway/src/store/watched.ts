import {
  backoffDefaults,
  backoffMs,
  type ErrorCode,
  MonitorError,
  type RunChanges,
} from '@mnist-monitor/shared';
import type { KeptSummary, Page, PageOptions, Store, StoredEvent } from './store.ts';

/** What stands between the gateway and its store. */
export interface Trouble {
  code: ErrorCode;
  /** In one line, for whoever can do something about it. */
  message: string;
  since: Date;
}

export interface WatchOptions {
  /** How often to look whether all is well; what is not is tried again at least as often. */
  checkIntervalMs: number;
  /** Something came in the way, or is out of it again: then `undefined`. */
  onChange: (trouble: Trouble | undefined) => void;
}

/** A store that knows whether it works: it notices what fails, and tries again until nothing does. */
export class WatchedStore implements Store {
  readonly #store: Store;
  readonly #options: WatchOptions;
  #trouble: Trouble | undefined;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: Store, options: WatchOptions) {
    this.#store = store;
    this.#options = options;
    this.#checkLater();
  }

  /** Undefined as long as all is well. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    return this.#watch(this.#store.append(runId, events));
  }

  lastSeq(runId: string): Promise<number> {
    return this.#watch(this.#store.lastSeq(runId));
  }

  page(runId: string, options: PageOptions): Promise<Page> {
    return this.#watch(this.#store.page(runId, options));
  }

  summary(runId: string): Promise<KeptSummary | undefined> {
    return this.#watch(this.#store.summary(runId));
  }

  summaries(limit?: number): Promise<KeptSummary[]> {
    return this.#watch(this.#store.summaries(limit));
  }

  annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#watch(this.#store.annotate(runId, changes));
  }

  remove(runId: string): Promise<boolean> {
    return this.#watch(this.#store.remove(runId));
  }

  async check(): Promise<void> {
    await this.#watch(this.#store.check());
    this.#settle(undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#store.close();
  }

  async #watch<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof MonitorError) this.#settle(error);
      throw error;
    }
  }

  #settle(error: MonitorError | undefined): void {
    const before = this.#trouble;
    if (error?.message === before?.message) return;
    this.#trouble = error && { code: error.code, message: error.message, since: before?.since ?? new Date() };
    this.#options.onChange(this.#trouble);
    if (before && error) return;
    this.#attempt = 0;
    this.#checkLater();
  }

  #checkLater(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const { checkIntervalMs } = this.#options;
    const inMs = this.#trouble
      ? backoffMs(this.#attempt++, { ...backoffDefaults, maxMs: checkIntervalMs })
      : checkIntervalMs;
    const check = (): Promise<void> =>
      this.check()
        .catch(() => {})
        .finally(() => this.#checkLater());
    this.#timer = setTimeout(check, inMs).unref();
  }
}
