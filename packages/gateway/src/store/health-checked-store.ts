import {
  backoffDefaults,
  backoffMs,
  type CloseCodeName,
  type ErrorCode,
  errorCodes,
  MonitorError,
  type RunChanges,
  type StoreState,
} from '@mnist-monitor/shared';
import { ConcurrencyLimit } from '../concurrency-limit.ts';
import { Listeners } from '../listeners.ts';
import { DamagedRunError } from './damaged-run.ts';
import { unreadableEvent } from './pages.ts';
import type {
  EventPage,
  EventPageOptions,
  NewEvent,
  RunListEntry,
  RunListOptions,
  Store,
  StoredSummary,
  StreamPosition,
} from './store.ts';

/** A failure of the store that still lasts. */
export interface StoreFailure {
  code: ErrorCode;
  /** One line for the operator, which may contain paths and addresses; clients get `publicMessage` instead. */
  message: string;
  since: Date;
}

/** Number of pages that are read at a time. Each may have 90 MB, and hundreds of viewers may request one at once. */
const pagesAtOnce = 4;

/** The kinds of operations that are measured; `change` is an annotation, a removal, or a new stream id. */
export type StoreOperation = 'append' | 'read' | 'change';

export interface HealthCheckedStoreOptions {
  store: Store;
  /** The time between two checks of a working store, and the longest time between two attempts on a failing one. */
  checkIntervalMs: number;
  /** The time after which a write or check that has not ended counts as a failure, `store.stalled`. */
  stallMs: number;
  /** The time after which `close` no longer waits. */
  closeTimeoutMs: number;
  /** Called after each operation, successful or not. */
  onOperation?: (operation: StoreOperation, seconds: number) => void;
  /** Called when something of a run cannot be read or written, once for each run until it is removed. */
  onDamagedRun?: (error: DamagedRunError) => void;
  /** Called when events are durable. */
  onAppended?: (runId: string, events: readonly NewEvent[]) => void;
}

/** Returns whether an error is a failure of the store's disk or server, or damage to one run, and not a bug. */
export const isStoreError = (error: unknown): error is MonitorError =>
  error instanceof DamagedRunError || (error instanceof MonitorError && error.code.startsWith('store.'));

/** Returns the description of a failure for clients, without paths and addresses. */
export const publicMessage = (failure: Pick<StoreFailure, 'code' | 'message'>): string =>
  failure instanceof DamagedRunError ? failure.message : errorCodes[failure.code].meaning;

/** Returns the code with which a connection is closed after a store error: a client may retry unless its run is damaged. */
export const closeCodeAfter = (error: MonitorError): CloseCodeName =>
  error instanceof DamagedRunError ? 'runDamaged' : 'storeUnavailable';

/** Returns the message that informs viewers of the store's health. */
export const storeStateMessage = (failure: StoreFailure | undefined): StoreState => ({
  type: 'store',
  state: failure ? 'failing' : 'ok',
  message: failure ? publicMessage(failure) : '',
});

/**
 * Wraps a store to measure its operations, detect its failures, and check a failing store until it works again. Operations that
 * fail are not repeated.
 */
export class HealthCheckedStore implements Store {
  readonly #options: HealthCheckedStoreOptions;
  readonly #store: Store;
  readonly #listeners = new Listeners<[failure: StoreFailure | undefined]>();
  readonly #pages = new ConcurrencyLimit(pagesAtOnce);
  /** The damaged runs that were reported. */
  readonly #damagedRuns = new Set<string>();
  #failure: StoreFailure | undefined;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: HealthCheckedStoreOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#scheduleCheck();
  }

  /** The current failure; undefined while the store works. */
  get failure(): StoreFailure | undefined {
    return this.#failure;
  }

  /**
   * Calls back when the store fails, fails with another code, or works again.
   * Returns the function that removes the listener.
   */
  onHealthChange(listener: (failure: StoreFailure | undefined) => void): () => void {
    return this.#listeners.add(listener);
  }

  async append(runId: string, events: readonly NewEvent[], stream?: string): Promise<number> {
    const seq = await this.#observe('append', () =>
      this.#detectStall(() => this.#store.append(runId, events, stream)),
    );
    this.#setFailure(undefined);
    this.#options.onAppended?.(runId, events);
    return seq;
  }

  lastSeq(runId: string): Promise<number> {
    return this.#observe('read', () => this.#store.lastSeq(runId));
  }

  position(runId: string): Promise<StreamPosition | undefined> {
    return this.#observe('read', () => this.#store.position(runId));
  }

  renewStream(runId: string, stream: string): Promise<boolean> {
    return this.#observe('change', () => this.#detectStall(() => this.#store.renewStream(runId, stream)));
  }

  async page(runId: string, options: EventPageOptions): Promise<EventPage> {
    const page = await this.#pages.run(() => this.#observe('read', () => this.#store.page(runId, options)));
    const [unreadable] = page.unreadable ?? [];
    if (unreadable !== undefined) this.#reportDamage(unreadableEvent(runId, unreadable));
    return page;
  }

  summary(runId: string): Promise<StoredSummary | undefined> {
    return this.#observe('read', () => this.#store.summary(runId));
  }

  runs(options: RunListOptions): Promise<RunListEntry[]> {
    return this.#observe('read', () => this.#store.runs(options));
  }

  annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#observe('change', () => this.#detectStall(() => this.#store.annotate(runId, changes)));
  }

  remove(runId: string): Promise<boolean> {
    this.#damagedRuns.delete(runId);
    return this.#observe('change', () => this.#detectStall(() => this.#store.remove(runId)));
  }

  /** @throws MonitorError `store.stalled` after `stallMs`, although the check goes on. */
  async check(): Promise<void> {
    await this.#detectFailure(() => this.#checkInTime());
    this.#setFailure(undefined);
  }

  /** @throws MonitorError `store.stalled` after `closeTimeoutMs`, although the store continues to close. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const { closeTimeoutMs } = this.#options;
    await withTimeLimit(this.#store.close(), closeTimeoutMs, () => {
      const after = `the store has not closed after ${closeTimeoutMs / 1_000} s`;
      return new MonitorError('store.stalled', `${after}; everything acknowledged is on disk`);
    });
  }

  async #observe<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await this.#detectFailure(work);
    } finally {
      this.#options.onOperation?.(operation, (performance.now() - startedAt) / 1_000);
    }
  }

  /** Reports a damaged run if it was not reported before. */
  #reportDamage(error: DamagedRunError): void {
    if (this.#damagedRuns.has(error.runId)) return;
    this.#damagedRuns.add(error.runId);
    this.#options.onDamagedRun?.(error);
  }

  async #detectFailure<T>(work: () => Promise<T>): Promise<T> {
    const closed = this.#closed;
    try {
      return await work();
    } catch (error) {
      // Damage to one run does not keep the store from working. Viewers may still read while the gateway closes: a store
      // that is closed on purpose has not failed.
      if (error instanceof DamagedRunError) this.#reportDamage(error);
      else if (isStoreError(error) && !closed) this.#setFailure(error);
      throw error;
    }
  }

  /** Waits for a write however long it takes, and reports the store as failing if that is longer than `stallMs`. */
  async #detectStall<T>(write: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#setFailure(this.#stallError()), this.#options.stallMs).unref();
    try {
      return await write();
    } finally {
      clearTimeout(timer);
    }
  }

  #checkInTime(): Promise<void> {
    return withTimeLimit(this.#store.check(), this.#options.stallMs, () => this.#stallError());
  }

  #stallError(): MonitorError {
    return new MonitorError(
      'store.stalled',
      `a write to the store has not ended after ${this.#options.stallMs / 1_000} s; new events wait for it`,
    );
  }

  #setFailure(error: MonitorError | undefined): void {
    const before = this.#failure;
    if (error?.code === before?.code) return;
    this.#failure = error && { code: error.code, message: error.message, since: before?.since ?? new Date() };
    this.#listeners.emit(this.#failure);
    if (before && error) return;
    this.#attempt = 0;
    this.#scheduleCheck();
  }

  #scheduleCheck(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const { checkIntervalMs } = this.#options;
    const inMs = this.#failure
      ? backoffMs(this.#attempt++, { ...backoffDefaults, maxMs: checkIntervalMs })
      : checkIntervalMs;
    const check = (): Promise<void> =>
      this.check()
        .catch(() => {})
        .finally(() => this.#scheduleCheck());
    this.#timer = setTimeout(check, inMs).unref();
  }
}

/** Settles as `work` does, or rejects when `work` has not settled after `timeMs`. */
function withTimeLimit(work: Promise<void>, timeMs: number, createError: () => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(createError()), timeMs).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
