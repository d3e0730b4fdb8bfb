import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunChanges } from '@mnist-monitor/shared';
import { MonitorError } from '@mnist-monitor/shared/errors';
import type Database from 'libsql';
import { DiskReserve, isDiskFull } from './disk-reserve.ts';
import type { SeqGapError } from './event-rules.ts';
import type { ReaderGate } from './reader-gate.ts';
import {
  changedFileError,
  DatabaseFiles,
  ensureDiskWritable,
  restoreDatabaseFile,
  toStoreError,
} from './sqlite-failures.ts';
import { databasePath, lockFolder, openDatabase, truncateLog } from './sqlite-file.ts';
import { findLogDamage } from './sqlite-log.ts';
import { type Append, SqliteQueries } from './sqlite-queries.ts';

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

export interface SqliteWriterOptions {
  folder: string;
  /** Keeps the reading connections closed while the database is opened again. */
  readers: Pick<ReaderGate, 'close' | 'open'>;
  /** Called with one line when stored events were lost, such as by damage to the log, although the store works. */
  onLoss: (message: string) => void;
}

/** Writes runs to `<folder>/monitor.db`, which it locks. Commits are durable (WAL with synchronous=FULL). */
export class SqliteWriter {
  readonly #folder: string;
  readonly #path: string;
  readonly #readers: SqliteWriterOptions['readers'];
  readonly #onLoss: (message: string) => void;
  /** Identifies this gateway as the owner of the database. */
  readonly #token = randomUUID();
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

  /** @throws MonitorError `store.in_use`, `runs.unwritable` or `store.unusable` */
  constructor({ folder, readers, onLoss }: SqliteWriterOptions) {
    this.#readers = readers;
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
    this.#claim();
    this.#files = new DatabaseFiles(this.#path);
    this.#reclaimSpace();
  }

  /**
   * Appends to each run, in one transaction: with many publishers, a commit for each would wait for the disk many times.
   * Returns for each run its last seq, when all events are durable, or its error.
   */
  append(appends: readonly Append[]): (number | SeqGapError | unknown)[] {
    try {
      const outcomes = this.#write((queries) => queries.appendAll(appends));
      appends.forEach(({ runId }, index) => {
        const seq = outcomes[index];
        if (typeof seq === 'number') this.#lastAppend = { runId, seq };
      });
      return outcomes;
    } catch (error) {
      if (error instanceof MonitorError || appends.length === 1) return appends.map(() => error);
      // An internal error may concern only one of the runs, so each is appended by itself.
      return appends.flatMap((append) => this.append([append]));
    }
  }

  /** Changes the title, note, pin, name or tags of a run; false when there is no such run. */
  annotate(runId: string, changes: RunChanges): boolean {
    return this.#write((queries) => queries.annotate(runId, changes));
  }

  /** Gives a run another stream id if it still has `stream`; otherwise returns false. */
  renewStream(runId: string, stream: string): boolean {
    return this.#write((queries) => queries.renewStream(runId, stream));
  }

  /** Removes a run; false when there is no such run. The disk space is reclaimed in small steps afterwards. */
  remove(runId: string): boolean {
    const removed = this.#free((queries) => queries.remove(runId));
    if (runId === this.#lastAppend.runId) this.#lastAppend = { runId, seq: 0 };
    if (removed) this.#reclaimSpace();
    return removed;
  }

  /**
   * Checks that no other program has changed the database's files. If an operation has failed, opens the database again and checks
   * that it can be written.
   * @param hasReadFailed Whether reading has failed since the last check.
   * @returns Whether the database was opened again.
   */
  check(hasReadFailed: boolean): boolean {
    if (!this.#needsReopen && !hasReadFailed) {
      this.#query(() => this.#files.ensureUnchanged());
      // There is nothing to remove from a small database.
      if (this.#files.bytes > reservedFromBytes) this.#reserve.ensure();
      return false;
    }
    try {
      this.#mapErrors(() => this.#reopen());
    } finally {
      this.#readers.open(this.#database.open);
    }
    this.#needsReopen = false;
    this.#reclaimSpace();
    return true;
  }

  /** Closes the database. First writes the log back into the file, which libsql would leave to the next start. */
  close(): void {
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
      this.#readers.close();
      restoreDatabaseFile(this.#database, this.#folder);
      this.#files = new DatabaseFiles(this.#path);
    }
    if (status === 'modified') this.#ensureLogIntact();
    else this.#truncateLog();
    this.#reserve.restore();
    ensureDiskWritable(this.#folder);
    this.#readers.close();
    if (this.#database.open) this.#database.close();
    this.#lock.close();
    this.#lock = lockFolder(this.#folder);
    this.#database = openDatabase(this.#folder, { isSuspect: status === 'modified' });
    this.#queries = new SqliteQueries(this.#database);
    this.#queries.claim(this.#token);
    // After such a change, modification times are not compared: some file systems of containers change them by themselves.
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

  /** Claims the database at the start. If that fails, the next `check` repairs the database or reports the failure. */
  #claim(): void {
    try {
      this.#query((queries) => queries.claim(this.#token));
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

  /** Frees space. If the disk is too full even for that, releases the reserve and tries again. */
  #free<T>(change: (queries: SqliteQueries) => T): T {
    try {
      return this.#write(change);
    } catch (error) {
      if (!(error instanceof MonitorError && error.code === 'store.full' && this.#reserve.release()))
        throw error;
      return this.#write(change);
    }
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

  #query<T>(work: (queries: SqliteQueries) => T): T {
    return this.#mapErrors(() => {
      if (!this.#database.open)
        throw new MonitorError('store.failing', `the database ${this.#path} is not open`);
      return work(this.#queries);
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
        this.#free((queries) => queries.deleteRemovedEvents(deletedEvents) || queries.releaseFreePages());
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
