import { join } from 'node:path';
import { MonitorError, type RunChanges } from '@mnist-monitor/shared';
import { LRUCache } from 'lru-cache';
import { fromColumns, toColumns } from './event-columns.ts';
import { metricNamesOf } from './metric-names.ts';
import { createGate } from './reader-gate.ts';
import type { ReaderData, ReaderMethods } from './sqlite-reader-thread.ts';
import type { LossMessage, WriterData, WriterMethods } from './sqlite-writer-thread.ts';
import {
  type EventPage,
  type EventPageOptions,
  maxCachedSummaries,
  type NewEvent,
  type RunListEntry,
  type RunListOptions,
  type Store,
  type StoredSummary,
  type StreamPosition,
  versionOf,
} from './store.ts';
import { StoreThread } from './store-thread.ts';
import { toSummary } from './summary.ts';

export interface SqliteStoreOptions {
  /** Called with one line when stored events were lost, such as by damage to the log, although the store works. */
  onLoss?: (message: string) => void;
  /** The module that the writing thread runs, and further data for it. Tests replace it to delay commits. */
  writer?: { entry: URL; data: object };
}

/**
 * Opens the store in `<folder>/monitor.db`. One process can have it open at a time.
 * @throws MonitorError `store.in_use`, `runs.unwritable` or `store.unusable`
 */
export async function openSqliteStore(folder: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const open = (): Promise<Threads> => openThreads(folder, options);
  return new SqliteStore(await open(), { open, path: join(folder, 'monitor.db') });
}

interface Threads {
  writer: StoreThread<WriterMethods>;
  reader: StoreThread<ReaderMethods>;
}

async function openThreads(
  folder: string,
  { onLoss = () => {}, writer: { entry, data } = standardWriter }: SqliteStoreOptions,
): Promise<Threads> {
  const gate = createGate();
  const writer = new StoreThread<WriterMethods>({
    ...{ entry, task: 'writes' },
    data: { ...data, folder, gate: gate.writer } satisfies WriterData,
    transfer: [gate.writer.port],
    onMessage: (message) => onLoss((message as LossMessage).loss),
  });
  const reader = new StoreThread<ReaderMethods>({
    ...{ entry: new URL('./sqlite-reader-thread.js', import.meta.url), task: 'reads' },
    data: { folder, gate: gate.reader } satisfies ReaderData,
    transfer: [gate.reader.port],
  });
  try {
    await writer.call('open', []);
    await reader.call('open', []);
    return { writer, reader };
  } catch (error) {
    await Promise.all([writer.terminate(), reader.terminate()]);
    throw error;
  }
}

const standardWriter = { entry: new URL('./sqlite-writer-thread.js', import.meta.url), data: {} };

/** A read of a summary that has not ended. */
interface PendingSummary {
  /** Whether the run has changed since the read began, so that the result must not be cached. */
  isOutdated: boolean;
  result: Promise<StoredSummary | undefined>;
}

/**
 * Stores runs in SQLite, on two threads: one writes, the other reads. So neither the event loop nor a read waits for a
 * commit.
 */
class SqliteStore implements Store {
  #threads: Threads;
  readonly #openThreads: () => Promise<Threads>;
  readonly #path: string;
  /** Whether a read has failed since the last check. */
  #hasReadFailed = false;
  #isCrashReported = false;
  #checking: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** The cached summaries. Only this process writes, so each is valid until its run changes here. */
  readonly #summaries = new LRUCache<string, StoredSummary>({ max: maxCachedSummaries });
  readonly #pendingSummaries = new Map<string, PendingSummary>();

  constructor(threads: Threads, { open, path }: { open: () => Promise<Threads>; path: string }) {
    this.#threads = threads;
    this.#openThreads = open;
    this.#path = path;
  }

  async append(runId: string, events: readonly NewEvent[], stream?: string): Promise<number> {
    const bytes = events.reduce((sum, { json }) => sum + json.length, 0);
    const columns = toColumns(events);
    return this.#change(runId, ({ writer }) =>
      writer.call('append', [runId, columns, stream, versionOf(events), metricNamesOf(events)], bytes),
    );
  }

  lastSeq(runId: string): Promise<number> {
    return this.#read('lastSeq', [runId]);
  }

  position(runId: string): Promise<StreamPosition | undefined> {
    return this.#read('position', [runId]);
  }

  renewStream(runId: string, stream: string): Promise<boolean> {
    return this.#change(runId, ({ writer }) => writer.call('renewStream', [runId, stream]));
  }

  async page(runId: string, options: EventPageOptions): Promise<EventPage> {
    const { columns, ...page } = await this.#read('page', [runId, options]);
    return { events: fromColumns(columns), ...page };
  }

  async summary(runId: string): Promise<StoredSummary | undefined> {
    return this.#summaries.get(runId) ?? this.#pendingSummary(runId).result;
  }

  runs(options: RunListOptions): Promise<RunListEntry[]> {
    return this.#read('runs', [options]);
  }

  annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#change(runId, ({ writer }) => writer.call('annotate', [runId, changes]));
  }

  remove(runId: string): Promise<boolean> {
    return this.#change(runId, ({ writer }) => writer.call('remove', [runId]));
  }

  /** Simultaneous calls share one check, so that none accumulate while the disk does not respond. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Later calls wait for the first one. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A check may be starting the threads again.
    await this.#checking?.catch(() => {});
    const { writer, reader } = this.#threads;
    if (!reader.failure) await reader.call('close', []);
    if (!writer.failure) await writer.call('close', []);
    await Promise.all([reader.terminate(), writer.terminate()]);
  }

  async #check(): Promise<void> {
    const { writer, reader } = this.#threads;
    const failure = writer.failure ?? reader.failure;
    if (failure && !this.#isCrashReported) {
      this.#isCrashReported = true;
      throw failure;
    }
    if (failure) await this.#restart();
    const hasReadFailed = this.#hasReadFailed;
    this.#hasReadFailed = false;
    try {
      const isReopened = await this.#threads.writer.call('check', [hasReadFailed]);
      if (isReopened) this.#forgetSummaries();
    } catch (error) {
      this.#hasReadFailed ||= hasReadFailed;
      throw error;
    }
  }

  /** Starts both threads again. The end of a thread releases its lock on the folder. */
  async #restart(): Promise<void> {
    const { writer, reader } = this.#threads;
    await Promise.all([writer.terminate(), reader.terminate()]);
    this.#threads = await this.#openThreads();
    this.#isCrashReported = false;
    this.#forgetSummaries();
  }

  #forgetSummaries(): void {
    this.#summaries.clear();
    for (const pending of this.#pendingSummaries.values()) pending.isOutdated = true;
    this.#pendingSummaries.clear();
  }

  async #read<M extends keyof ReaderMethods>(
    method: M,
    args: Parameters<ReaderMethods[M]>,
  ): Promise<Awaited<ReturnType<ReaderMethods[M]>>> {
    try {
      return await this.#threads.reader.call(method, args);
    } catch (error) {
      this.#hasReadFailed ||= error instanceof MonitorError;
      throw error;
    }
  }

  /** Changes a run. Its summary is read again afterwards, even after an error, since the change may have been made. */
  async #change<R>(runId: string, change: (threads: Threads) => Promise<R>): Promise<R> {
    try {
      return await change(this.#threads);
    } finally {
      this.#summaries.delete(runId);
      const pending = this.#pendingSummaries.get(runId);
      if (pending) pending.isOutdated = true;
      this.#pendingSummaries.delete(runId);
    }
  }

  /** Returns the read of a summary that has begun, or begins one. */
  #pendingSummary(runId: string): PendingSummary {
    const running = this.#pendingSummaries.get(runId);
    if (running) return running;
    const pending: PendingSummary = { isOutdated: false, result: Promise.resolve(undefined) };
    pending.result = this.#readSummary(runId, pending);
    this.#pendingSummaries.set(runId, pending);
    return pending;
  }

  async #readSummary(runId: string, pending: PendingSummary): Promise<StoredSummary | undefined> {
    try {
      const row = await this.#read('summary', [runId]);
      const summary = row && toSummary(row, this.#path);
      if (summary && !pending.isOutdated) this.#summaries.set(runId, summary);
      return summary;
    } finally {
      if (this.#pendingSummaries.get(runId) === pending) this.#pendingSummaries.delete(runId);
    }
  }
}
