import { setTimeout as delay } from 'node:timers/promises';
import { MonitorError, type RunChanges } from '@mnist-monitor/shared';
import type Database from 'libsql';
import { LRUCache } from 'lru-cache';
import { TimeSlicer } from '../time-slicer.ts';
import { DiskReserve, isDiskFull } from './disk-reserve.ts';
import {
  changedFileError,
  DatabaseFiles,
  ensureDiskWritable,
  restoreDatabaseFile,
  toStoreError,
} from './sqlite-failures.ts';
import { databasePath, lockFolder, openDatabase, truncateLog } from './sqlite-file.ts';
import { findLogDamage } from './sqlite-log.ts';
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

/** Number of events that one query reads, in half a millisecond. */
const chunkEvents = 100;
/** Number of events that are deleted in one transaction, which takes about 5 ms. */
const deletedEvents = 200;
/** Pause after such a transaction, which leaves time for other work. */
const deletePauseMs = 10;
/** Databases larger than this get a disk reserve; a smaller one has hardly any runs to remove from a full disk. */
const reservedFromBytes = 1024 * 1024;
/**
 * Number of steps after which SQLite's write-ahead log is emptied while events are deleted: otherwise a full disk would
 * have room again only when all events of a large run are deleted.
 */
const checkpointSteps = 64;

export interface SqliteStoreOptions {
  /** Called with one line when stored events were lost, such as by damage to the log, although the store works. */
  onLoss?: (message: string) => void;
}

/**
 * Opens the store in `<folder>/monitor.db`. One process can have it open at a time. Commits are durable (WAL with
 * synchronous=FULL).
 * @throws MonitorError `store.in_use`, `runs.unwritable` or `store.unusable`
 */
export function openSqliteStore(folder: string, options: SqliteStoreOptions = {}): Store {
  return new SqliteStore(folder, options);
}

class SqliteStore implements Store {
  readonly #folder: string;
  readonly #path: string;
  readonly #onLoss: (message: string) => void;
  #lock: Database.Database;
  #database: Database.Database;
  #queries: SqliteQueries;
  #files: DatabaseFiles;
  readonly #reserve: DiskReserve;
  /** The last append, to detect a loss: its events are the first to be lost when the end of the log is damaged. */
  #lastAppend = { runId: '', seq: 0 };
  /** Whether `check` has to reopen the database: an operation has failed, or the reserve was released. */
  #needsReopen = false;
  #closed = false;
  #isReclaiming = false;
  /** The cached summaries. Only this process writes (`lockFolder`), so each is valid until its run changes here. */
  readonly #summaries = new LRUCache<string, StoredSummary>({ max: maxCachedSummaries });

  constructor(folder: string, { onLoss = () => {} }: SqliteStoreOptions) {
    this.#onLoss = onLoss;
    this.#folder = folder;
    this.#path = databasePath(folder);
    this.#reserve = new DiskReserve(folder);
    this.#lock = this.#withReserve(() => lockFolder(folder));
    try {
      this.#reportLogDamage();
      this.#database = this.#withReserve(() => openDatabase(folder));
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    this.#queries = new SqliteQueries(this.#database);
    this.#probe();
    this.#files = new DatabaseFiles(this.#path);
    this.#reclaimSpace();
  }

  async append(runId: string, events: readonly NewEvent[]): Promise<number> {
    const seq = this.#change(runId, (queries) => queries.append(runId, events));
    this.#lastAppend = { runId, seq };
    return seq;
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
    const removed = this.#removeWithReserve(runId);
    if (runId === this.#lastAppend.runId) this.#lastAppend = { runId, seq: 0 };
    if (removed) this.#reclaimSpace();
    return removed;
  }

  async check(): Promise<void> {
    if (!this.#needsReopen) {
      this.#query(() => this.#files.ensureUnchanged());
      // There is nothing to remove from a small database.
      if (this.#files.bytes > reservedFromBytes) this.#reserve.ensure();
      return;
    }
    this.#mapErrors(() => this.#reopen());
    this.#needsReopen = false;
    this.#reclaimSpace();
  }

  /** Closes the store. First writes the log back into the file, which libsql would leave to the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#database.open) {
      truncateLog(this.#database);
      this.#database.close();
    }
    this.#lock.close();
  }

  /** Opens the database again, after restoring its file if that was moved, and checks that it can be written. */
  #reopen(): void {
    const status = this.#files.status();
    if (status === 'replaced') throw changedFileError(this.#path, status);
    if (status === 'moved' && this.#database.open) {
      restoreDatabaseFile(this.#database, this.#folder);
      this.#files = new DatabaseFiles(this.#path);
    }
    if (status === 'modified') this.#ensureLogIntact();
    else this.#truncateLog();
    this.#reserve.restore();
    ensureDiskWritable(this.#folder);
    if (this.#database.open) this.#database.close();
    this.#summaries.clear();
    this.#lock.close();
    this.#lock = lockFolder(this.#folder);
    this.#database = openDatabase(this.#folder, { isSuspect: status === 'modified' });
    this.#queries = new SqliteQueries(this.#database);
    this.#queries.writeProbe();
    // Modification times are ignored from now on: some file systems of containers change them by themselves.
    this.#files = new DatabaseFiles(this.#path, { comparesTimes: status !== 'modified' });
    this.#reportLostEvents();
  }

  /** Opens a file. If the disk is too full even for SQLite's own files, releases the reserve and opens it again. */
  #withReserve(open: () => Database.Database): Database.Database {
    try {
      return open();
    } catch (error) {
      if (!isDiskFull(this.#folder) || !this.#reserve.release()) throw error;
      this.#needsReopen = true;
      return open();
    }
  }

  /** Tries a write at the start. If it fails, the next `check` repairs the database or reports the failure. */
  #probe(): void {
    try {
      this.#query((queries) => queries.writeProbe());
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
    }
  }

  #reportLogDamage(): void {
    const damage = findLogDamage(this.#path);
    if (damage !== undefined) this.#onLoss(damage);
  }

  /**
   * Checks that the log is not damaged. SQLite would not notice before the next start, because this process keeps an
   * index of the log in memory.
   * @throws MonitorError `store.failing`
   */
  #ensureLogIntact(): void {
    const damage = findLogDamage(this.#path);
    if (damage === undefined) return;
    throw new MonitorError(
      'store.failing',
      `${damage}. Restart the gateway to continue with the events that are left`,
    );
  }

  #reportLostEvents(): void {
    const { runId, seq } = this.#lastAppend;
    const lastSeq = this.#queries.lastSeq(runId);
    if (lastSeq < seq)
      this.#onLoss(
        `acknowledged events were lost from the database ${this.#path}, which another program changed: run ${runId} had ${seq}, and has ${lastSeq}`,
      );
  }

  /** Removes a run. If the disk is full, releases the reserve and tries again. */
  #removeWithReserve(runId: string): boolean {
    const remove = (): boolean => this.#change(runId, (queries) => queries.remove(runId));
    try {
      return remove();
    } catch (error) {
      if (!(error instanceof MonitorError && error.code === 'store.full' && this.#reserve.release()))
        throw error;
      return remove();
    }
  }

  #change<T>(runId: string, change: (queries: SqliteQueries) => T): T {
    this.#summaries.delete(runId);
    return this.#write(change);
  }

  #write<T>(change: (queries: SqliteQueries) => T): T {
    return this.#query((queries) => {
      this.#files.ensureUnchanged();
      try {
        return change(queries);
      } finally {
        this.#files.noteWrites();
      }
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

  /** Writes the write-ahead log back into the file and empties the log. */
  #truncateLog(): void {
    if (!this.#database.open) return;
    truncateLog(this.#database);
    this.#files.noteWrites();
  }

  /** Deletes the events of removed runs and shrinks the file, in short steps with pauses between them. */
  async #reclaimSpace(): Promise<void> {
    if (this.#isReclaiming) return;
    this.#isReclaiming = true;
    try {
      const step = (): boolean =>
        this.#write((queries) => queries.deleteRemovedEvents(deletedEvents) || queries.releaseFreePages());
      let steps = 0;
      for (; !this.#closed && step(); steps++) {
        if (steps % checkpointSteps === checkpointSteps - 1) this.#truncateLog();
        await delay(deletePauseMs, undefined, { ref: false });
      }
      if (steps > 0 && !this.#closed) this.#truncateLog();
    } catch {
      // The next write reports the failure. Reclaiming starts again when the store works again, or at the next start.
    } finally {
      this.#isReclaiming = false;
    }
  }
}
