import type { RunChanges } from '@mnist-monitor/shared';
import type { EventPage, EventPageOptions, Store, StoredEvent, StoredSummary } from './store.ts';

export type StoreOperation = 'append' | 'read' | 'change';

export interface TimingOptions {
  /** Something was done, well or not, and took so long. */
  onDone: (operation: StoreOperation, seconds: number) => void;
  /** Events are durable. */
  onAppended: (events: readonly StoredEvent[]) => void;
}

/** A store that tells how long it takes. */
export class TimedStore implements Store {
  readonly #store: Store;
  readonly #options: TimingOptions;

  constructor(store: Store, options: TimingOptions) {
    this.#store = store;
    this.#options = options;
  }

  async append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    const lastSeq = await this.#time('append', () => this.#store.append(runId, events));
    this.#options.onAppended(events);
    return lastSeq;
  }

  lastSeq(runId: string): Promise<number> {
    return this.#time('read', () => this.#store.lastSeq(runId));
  }

  page(runId: string, options: EventPageOptions): Promise<EventPage> {
    return this.#time('read', () => this.#store.page(runId, options));
  }

  summary(runId: string): Promise<StoredSummary | undefined> {
    return this.#time('read', () => this.#store.summary(runId));
  }

  summaries(limit?: number): Promise<StoredSummary[]> {
    return this.#time('read', () => this.#store.summaries(limit));
  }

  annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#time('change', () => this.#store.annotate(runId, changes));
  }

  remove(runId: string): Promise<boolean> {
    return this.#time('change', () => this.#store.remove(runId));
  }

  check(): Promise<void> {
    return this.#store.check();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #time<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.#options.onDone(operation, (performance.now() - startedAt) / 1_000);
    }
  }
}
