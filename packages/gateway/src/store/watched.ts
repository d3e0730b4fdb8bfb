import {
  backoffDefaults,
  backoffMs,
  type ErrorCode,
  errorCodes,
  MonitorError,
  type RunChanges,
  type StoreState,
} from '@mnist-monitor/shared';
import type { KeptSummary, Page, PageOptions, Store, StoredEvent } from './store.ts';

/** What stands between the gateway and its store. */
export interface Trouble {
  code: ErrorCode;
  /** In one line, for whoever can do something about it. */
  message: string;
  since: Date;
}

/** Gets what came in the way, or `undefined` when all is well again. */
export type TroubleWatcher = (trouble: Trouble | undefined) => void;

/** Whether an error tells of the store and not of a mistake. */
export const isTrouble = (error: unknown): error is MonitorError =>
  error instanceof MonitorError && error.code.startsWith('store.');

/** What everybody may know: the message itself names files. */
export const publicly = ({ code }: Pick<Trouble, 'code'>): string => errorCodes[code].meaning;

/** What viewers are told. */
export const stateOf = (trouble: Trouble | undefined): StoreState => ({
  type: 'store',
  state: trouble ? 'failing' : 'ok',
  message: trouble ? publicly(trouble) : '',
});

/** A store that knows whether it works: it notices what fails, and tries again until nothing does. */
export class WatchedStore implements Store {
  readonly #store: Store;
  readonly #checkIntervalMs: number;
  readonly #watchers = new Set<TroubleWatcher>();
  #trouble: Trouble | undefined;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param checkIntervalMs How often to look whether all is well; what is not is tried again at least as often. */
  constructor(store: Store, checkIntervalMs: number) {
    this.#store = store;
    this.#checkIntervalMs = checkIntervalMs;
    this.#checkLater();
  }

  /** Undefined as long as all is well. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Hears what comes in the way from now on, and when it is out of it. Returns the undo. */
  watch(watcher: TroubleWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  async append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    const seq = await this.#watch(this.#store.append(runId, events));
    this.#settle(undefined);
    return seq;
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
      if (isTrouble(error)) this.#settle(error);
      throw error;
    }
  }

  #settle(error: MonitorError | undefined): void {
    const before = this.#trouble;
    if (error?.code === before?.code) return;
    this.#trouble = error && { code: error.code, message: error.message, since: before?.since ?? new Date() };
    for (const watcher of this.#watchers) watcher(this.#trouble);
    if (before && error) return;
    this.#attempt = 0;
    this.#checkLater();
  }

  #checkLater(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const inMs = this.#trouble
      ? backoffMs(this.#attempt++, { ...backoffDefaults, maxMs: this.#checkIntervalMs })
      : this.#checkIntervalMs;
    const check = (): Promise<void> =>
      this.check()
        .catch(() => {})
        .finally(() => this.#checkLater());
    this.#timer = setTimeout(check, inMs).unref();
  }
}
