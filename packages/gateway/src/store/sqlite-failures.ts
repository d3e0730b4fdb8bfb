import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, MonitorError } from '@mnist-monitor/shared/errors';
import { createFolder } from '@mnist-monitor/shared/files';
import Database from 'libsql';
import { toDiskError } from './disk-errors.ts';
import { copyDatabase, databasePath, lockPath } from './sqlite-file.ts';

/** The failures of the database file, by the start of SQLite's result code (https://sqlite.org/rescode.html). */
const failures: readonly [start: string, code: ErrorCode, problem: string][] = [
  ['SQLITE_FULL', 'store.full', 'no space is left for'],
  ['SQLITE_READONLY', 'store.read_only', 'writing is not allowed to'],
  ['SQLITE_BUSY', 'store.failing', 'another program locks'],
  ['SQLITE_CORRUPT', 'store.failing', 'damage was found in'],
  ['SQLITE_NOTADB', 'store.failing', 'damage was found in'],
  ['SQLITE_IOERR', 'store.failing', 'the disk fails at'],
  ['SQLITE_CANTOPEN', 'store.failing', 'the disk fails at'],
];

/** Converts a failure of the disk or the database file to a `MonitorError`; returns any other error unchanged. */
export function toStoreError(error: unknown, path: string): unknown {
  if (error instanceof MonitorError && error.code === 'runs.unwritable')
    return new MonitorError('store.read_only', error.message, { cause: error });
  if (!(error instanceof Database.SqliteError)) return toDiskError(error, `the database ${path}`);
  const [, code, problem] = failures.find(([start]) => error.code.startsWith(start)) ?? [];
  if (!code) return error;
  return new MonitorError(code, `${problem} the database ${path} (${error.code})`, { cause: error });
}

/** Whether and how another program has changed the files of an open database, which SQLite does not notice. */
export type FileStatus = 'unchanged' | 'moved' | 'replaced' | 'modified' | 'unlocked';

/**
 * Detects that the files of an open database were moved, deleted, replaced or written by another program. SQLite does
 * not notice, and continues to write to files that no path leads to, or whose content is lost at the next start.
 */
export class DatabaseFiles {
  readonly #path: string;
  readonly #file: string;
  readonly #lock: string;
  readonly #comparesTimes: boolean;
  /** The identity of the write-ahead log; undefined until the first write creates it. */
  #log: string | undefined;
  /**
   * The sizes, and with `#comparesTimes` the modification times, of the database and its write-ahead log after the last
   * write of this process.
   */
  #sizesAndTimes = '';

  constructor(path: string, { comparesTimes = true } = {}) {
    this.#path = path;
    this.#comparesTimes = comparesTimes;
    this.#file = identify(path) ?? '';
    this.#lock = identify(lockPath(path)) ?? '';
    this.noteWrites();
  }

  /** Records the current state of the files as written by this process. Called after each of its writes. */
  noteWrites(): void {
    this.#sizesAndTimes = this.#readSizesAndTimes();
  }

  status(): FileStatus {
    const file = identify(this.#path);
    if (file !== undefined && file !== this.#file) return 'replaced';
    const log = identify(`${this.#path}-wal`);
    if (file === undefined || (this.#log !== undefined && log !== this.#log)) return 'moved';
    this.#log = log;
    // Without its lock file, another gateway may use the folder already.
    if (identify(lockPath(this.#path)) !== this.#lock) return 'unlocked';
    return this.#readSizesAndTimes() === this.#sizesAndTimes ? 'unchanged' : 'modified';
  }

  /** @throws MonitorError `store.vanished`, `store.failing` */
  ensureUnchanged(): void {
    const status = this.status();
    if (status !== 'unchanged') throw changedFileError(this.#path, status);
  }

  /** The size of the database and its write-ahead log together. */
  get bytes(): number {
    return this.#paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  get #paths(): string[] {
    return [this.#path, `${this.#path}-wal`];
  }

  #readSizesAndTimes(): string {
    const describe = (path: string): string => {
      const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
      return `${stats?.size}:${this.#comparesTimes ? stats?.mtimeNs : ''}`;
    };
    return this.#paths.map(describe).join();
  }
}

const fileProblems: Record<Exclude<FileStatus, 'unchanged'>, [code: ErrorCode, problem: string]> = {
  moved: [
    'store.vanished',
    'was moved or deleted; this gateway writes it again from the file that it still has open',
  ],
  replaced: [
    'store.vanished',
    'was replaced by another file: restart the gateway to use the new file, or move the new file away to restore the former one',
  ],
  modified: [
    'store.failing',
    'was written by another program; it is checked before it is used again. If the store keeps failing, the database or its log is damaged: restart the gateway to use what is intact',
  ],
  unlocked: ['store.vanished', 'has lost its lock file, and another gateway may use it; it is locked again'],
};

/** Returns the error for files that were changed by another program, with the advice for each status. */
export function changedFileError(path: string, status: Exclude<FileStatus, 'unchanged'>): MonitorError {
  const [code, problem] = fileProblems[status];
  return new MonitorError(code, `the database ${path} ${problem}`);
}

function identify(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/**
 * Restores the file of an open database that was moved or deleted: copies the open file, which the system keeps until it
 * is closed, to its former path. Closes the database. Blocks the event loop, so that nothing is written to the old file.
 */
export function restoreDatabaseFile(database: Database.Database, folder: string): void {
  createFolder(folder);
  const path = databasePath(folder);
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  copyDatabase(database, partial);
  database.close();
  // SQLite would apply a leftover log to the new file, to which it does not belong.
  for (const leftover of [`${path}-wal`, `${path}-shm`]) rmSync(leftover, { force: true });
  renameSync(partial, path);
}

/** Size of the file that checks the disk: larger than a commit, so that a disk with room for just one commit fails. */
const checkBytes = 1024 * 1024;

/**
 * Checks that the disk can be written, by writing and removing a file of 1 MB.
 * @throws MonitorError `store.full`, `store.read_only`, `store.failing`
 */
export function ensureDiskWritable(folder: string): void {
  const path = join(folder, `.disk-check-${process.pid}`);
  try {
    writeFileSync(path, Buffer.alloc(checkBytes), { flush: true });
  } catch (error) {
    throw toDiskError(error, `the runs folder ${folder}`);
  } finally {
    rmSync(path, { force: true });
  }
}
