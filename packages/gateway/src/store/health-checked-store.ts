import {
  backoffDefaults,
  backoffMs,
  type ErrorCode,
  errorCodes,
  MonitorError,
  type RunChanges,
  type StoreState,
} from '@mnist-monitor/shared';
import type { EventPage, EventPageOptions, Store, StoredEvent, StoredSummary } from './store.ts';

/** What stands between the gateway and its store. */
export interface StoreFailure {
  code: ErrorCode;
  /** In one line, for whoever can do something about it. */
  message: string;
  since: Date;
}

/** Gets what came in the way, or `undefined` when all is well again. */
export type HealthListener = (trouble: StoreFailure | undefined) => void;

/** Whether an error tells of the store and not of a mistake. */
export const isStoreError = (error: unknown): error is MonitorError =>
  error instanceof MonitorError && error.code.startsWith('store.');

/** What everybody may know: the message itself names files. */
export const publicMessage = ({ code }: Pick<StoreFailure, 'code'>): string => errorCodes[code].meaning;

/** What viewers are told. */
export const storeStateMessage = (trouble: StoreFailure | undefined): StoreState => ({
  type: 'store',
  state: trouble ? 'failing' : 'ok',
  message: trouble ? publicMessage(trouble) : '',
});

/** A store that knows whether it works: it notices what fails, and tries again until nothing does. */
export class HealthCheckedStore implements Store {
  readonly #store: Store;
  readonly #checkIntervalMs: number;
  readonly #listeners = new Set<HealthListener>();
  #failure: StoreFailure | undefined;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param checkIntervalMs How often to look whether all is well; what is not is tried again at least as often. */
  constructor(store: Store, checkIntervalMs: number) {
    this.#store = store;
    this.#checkIntervalMs = checkIntervalMs;
    this.#scheduleCheck();
  }

  /** Undefined as long as all is well. */
  get failure(): StoreFailure | undefined {
    return this.#failure;
  }

  /** Hears what comes in the way from now on, and when it is out of it. Returns the undo. */
  onHealthChange(watcher: HealthListener): () => void {
    this.#listeners.add(watcher);
    return () => this.#listeners.delete(watcher);
  }

  async append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    const seq = await this.#observe(this.#store.append(runId, events));
    this.#setFailure(undefined);
    return seq;
  }

  lastSeq(runId: string): Promise<number> {
    return this.#observe(this.#store.lastSeq(runId));
  }

  page(runId: string, options: EventPageOptions): Promise<EventPage> {
    return this.#observe(this.#store.page(runId, options));
  }

  summary(runId: string): Promise<StoredSummary | undefined> {
    return this.#observe(this.#store.summary(runId));
  }

  summaries(limit?: number): Promise<StoredSummary[]> {
    return this.#observe(this.#store.summaries(limit));
  }

  annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#observe(this.#store.annotate(runId, changes));
  }

  remove(runId: string): Promise<boolean> {
    return this.#observe(this.#store.remove(runId));
  }

  async check(): Promise<void> {
    await this.#observe(this.#store.check());
    this.#setFailure(undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#store.close();
  }

  async #observe<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (isStoreError(error)) this.#setFailure(error);
      throw error;
    }
  }

  #setFailure(error: MonitorError | undefined): void {
    const before = this.#failure;
    if (error?.code === before?.code) return;
    this.#failure = error && { code: error.code, message: error.message, since: before?.since ?? new Date() };
    for (const watcher of this.#listeners) watcher(this.#failure);
    if (before && error) return;
    this.#attempt = 0;
    this.#scheduleCheck();
  }

  #scheduleCheck(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const inMs = this.#failure
      ? backoffMs(this.#attempt++, { ...backoffDefaults, maxMs: this.#checkIntervalMs })
      : this.#checkIntervalMs;
    const check = (): Promise<void> =>
      this.check()
        .catch(() => {})
        .finally(() => this.#scheduleCheck());
    this.#timer = setTimeout(check, inMs).unref();
  }
}
