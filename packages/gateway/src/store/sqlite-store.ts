import { setTimeout as delay } from 'node:timers/promises';
import { MonitorError, type RunChanges } from '@mnist-monitor/shared';
import type Database from 'libsql';
import { LRUCache } from 'lru-cache';
import { TimeSlicer } from '../time-slicer.ts';
import {
  DatabaseFileIdentity,
  ensureDiskWritable,
  restoreDatabaseFile,
  toStoreError,
  vanishedError,
} from './sqlite-failures.ts';
import { databasePath, lockFolder, openDatabase } from './sqlite-file.ts';
import { SqliteQueries } from './sqlite-queries.ts';
import {
  type EventPage,
  type EventPageOptions,
  maxCachedSummaries,
  maxPageBytes,
  type NewEvent,
  type RunListEntry,
  type RunListOptions,
  type Store,
  type StoredEvent,
  type StoredSummary,
} from './store.ts';
import { toSummary } from './summary.ts';

/** Events read by one query: half a millisecond. */
const chunkEvents = 100;
/** Events deleted in one transaction of about 5 ms, and the pause after it, which leaves time for other work. */
const deletedEvents = 200;
const deletePauseMs = 10;

/**
 * Opens the store in `<folder>/monitor.db`. One process can have it open at a time. Commits are durable (WAL with
 * synchronous=FULL).
 * @throws MonitorError `store.in_use`, `runs.unwritable` or `store.unusable`
 */
export function openSqliteStore(folder: string): Store {
  return new SqliteStore(folder);
}

class SqliteStore implements Store {
  readonly #folder: string;
  readonly #path: string;
  #lock: Database.Database;
  #database: Database.Database;
  #queries: SqliteQueries;
  #fileIdentity: DatabaseFileIdentity;
  /** Whether an operation has failed since the database was opened. */
  #needsReopen = false;
  #closed = false;
  #isReclaiming = false;
  /** Only this process writes (`lockFolder`), so a cached summary is valid until the run changes. */
  readonly #summaries = new LRUCache<string, StoredSummary>({ max: maxCachedSummaries });

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = databasePath(folder);
    this.#lock = lockFolder(folder);
    try {
      this.#database = openDatabase(folder);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    this.#queries = new SqliteQueries(this.#database);
    this.#fileIdentity = new DatabaseFileIdentity(this.#path);
    this.#reclaimSpace();
  }

  async append(runId: string, events: readonly NewEvent[]): Promise<number> {
    return this.#change(runId, (queries) => queries.append(runId, events));
  }

  async lastSeq(runId: string): Promise<number> {
    return this.#query((queries) => queries.lastSeq(runId));
  }

  async page(runId: string, { after, limit, types }: EventPageOptions): Promise<EventPage> {
    const slicer = new TimeSlicer();
    const last = this.#query((queries) => queries.lastSeq(runId));
    const events: StoredEvent[] = [];
    let through = after;
    let bytes = 0;
    while (through < last && events.length < limit && bytes < maxPageBytes) {
      const count = Math.min(limit - events.length, chunkEvents);
      const chunk = this.#query((queries) =>
        queries.nextEvents(runId, { after: through, limit: count, types }),
      );
      events.push(...chunk);
      for (const { json } of chunk) bytes += json.length;
      through = chunk.length === count ? chunk[count - 1]!.seq : last;
      await slicer.yieldIfDue();
    }
    return { events, through, more: through < last };
  }

  async summary(runId: string): Promise<StoredSummary | undefined> {
    const known = this.#summaries.get(runId);
    if (known) return known;
    const row = this.#query((queries) => queries.summary(runId));
    if (!row) return undefined;
    const summary = toSummary(row);
    this.#summaries.set(runId, summary);
    return summary;
  }

  async runs(options: RunListOptions): Promise<RunListEntry[]> {
    return this.#query((queries) => queries.runs(options));
  }

  async annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#change(runId, (queries) => queries.annotate(runId, changes));
  }

  async remove(runId: string): Promise<boolean> {
    const removed = this.#change(runId, (queries) => queries.remove(runId));
    if (removed) this.#reclaimSpace();
    return removed;
  }

  async check(): Promise<void> {
    if (!this.#needsReopen) return this.#query(() => this.#fileIdentity.ensureUnchanged());
    this.#mapErrors(() => this.#reopen());
    this.#needsReopen = false;
    this.#reclaimSpace();
  }

  /** Writes the log back into the file first, which libsql would leave to the next process that opens it. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#database.open) {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
      this.#database.close();
    }
    this.#lock.close();
  }

  /** Opens the database again, after restoring its file if that was moved, and checks that it can be written. */
  #reopen(): void {
    const status = this.#fileIdentity.status();
    if (status === 'replaced') throw vanishedError(this.#path, status);
    if (status === 'moved' && this.#database.open) restoreDatabaseFile(this.#database, this.#folder);
    ensureDiskWritable(this.#folder);
    if (this.#database.open) this.#database.close();
    this.#summaries.clear();
    this.#lock.close();
    this.#lock = lockFolder(this.#folder);
    this.#database = openDatabase(this.#folder);
    this.#queries = new SqliteQueries(this.#database);
    this.#fileIdentity = new DatabaseFileIdentity(this.#path);
    this.#queries.writeProbe();
  }

  #change<T>(runId: string, change: (queries: SqliteQueries) => T): T {
    this.#summaries.delete(runId);
    return this.#query((queries) => {
      this.#fileIdentity.ensureUnchanged();
      return change(queries);
    });
  }

  #query<T>(question: (queries: SqliteQueries) => T): T {
    return this.#mapErrors(() => {
      if (!this.#database.open)
        throw new MonitorError('store.failing', `the database ${this.#path} is not open`);
      return question(this.#queries);
    });
  }

  /** @throws MonitorError `store.…` for a failure of the disk or the file. */
  #mapErrors<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const mapped = toStoreError(error, this.#path);
      if (mapped instanceof MonitorError) this.#needsReopen = true;
      throw mapped;
    }
  }

  /** Deletes the events of removed runs and shrinks the file, in short steps with pauses between them. */
  async #reclaimSpace(): Promise<void> {
    if (this.#isReclaiming) return;
    this.#isReclaiming = true;
    try {
      const step = (): boolean =>
        this.#query((queries) => queries.deleteRemovedEvents(deletedEvents) || queries.releaseFreePages());
      let steps = 0;
      for (; !this.#closed && step(); steps++) await delay(deletePauseMs, undefined, { ref: false });
      if (steps > 0 && !this.#closed) this.#query((queries) => queries.checkpoint());
    } catch {
      // The next write reports the failure; this starts again when the store works again, or at the next start.
    } finally {
      this.#isReclaiming = false;
    }
  }
}
