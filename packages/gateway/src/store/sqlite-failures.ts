import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, MonitorError } from '@mnist-monitor/shared';
import Database from 'libsql';
import { copyDatabase, databasePath } from './sqlite-file.ts';

/** The failures of SQLite's file by the beginning of the result code (https://sqlite.org/rescode.html). */
const failures: readonly [start: string, code: ErrorCode, problem: string][] = [
  ['SQLITE_FULL', 'store.full', 'no space is left for'],
  ['SQLITE_READONLY', 'store.read_only', 'writing is not allowed to'],
  ['SQLITE_BUSY', 'store.failing', 'another program locks'],
  ['SQLITE_CORRUPT', 'store.failing', 'damage was found in'],
  ['SQLITE_NOTADB', 'store.failing', 'damage was found in'],
  ['SQLITE_IOERR', 'store.failing', 'the disk fails at'],
  ['SQLITE_CANTOPEN', 'store.failing', 'the disk fails at'],
];

/** Maps a failure of the disk or the file to a MonitorError of one line; returns any other error as it is. */
export function toStoreError(error: unknown, path: string): unknown {
  if (error instanceof MonitorError && error.code === 'runs.unwritable')
    return new MonitorError('store.read_only', error.message, { cause: error });
  if (!(error instanceof Database.SqliteError)) return error;
  const [, code, problem] = failures.find(([start]) => error.code.startsWith(start)) ?? [];
  if (!code) return error;
  return new MonitorError(code, `${problem} the database ${path} (${error.code})`, { cause: error });
}

/**
 * Detects that the file of an open database was moved, deleted or replaced. SQLite does not notice: it goes on writing
 * to files that nobody can find.
 */
export class DatabaseFileIdentity {
  readonly #path: string;
  readonly #file: string;
  /** The identity of the log, which is created by the first write. */
  #log: string | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#file = identify(path) ?? '';
  }

  status(): 'unchanged' | 'moved' | 'replaced' {
    const file = identify(this.#path);
    if (file !== undefined && file !== this.#file) return 'replaced';
    const log = identify(`${this.#path}-wal`);
    if (file === undefined || (this.#log !== undefined && log !== this.#log)) return 'moved';
    this.#log = log;
    return 'unchanged';
  }

  /** @throws MonitorError `store.vanished` */
  ensureUnchanged(): void {
    const status = this.status();
    if (status !== 'unchanged') throw vanishedError(this.#path, status);
  }
}

export function vanishedError(path: string, status: 'moved' | 'replaced'): MonitorError {
  const problem =
    status === 'moved'
      ? 'was moved or deleted; this gateway writes it again from the file that it still has open'
      : 'was replaced by another file: restart the gateway to use that file, or move it to restore this one';
  return new MonitorError('store.vanished', `the database ${path} ${problem}`);
}

function identify(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/**
 * Writes an open database whose file was moved or deleted to its path again; the system keeps the file until it is
 * closed. Closes the database. Blocks the event loop, so that nothing is written to the file that is abandoned.
 */
export function restoreDatabaseFile(database: Database.Database, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const path = databasePath(folder);
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  copyDatabase(database, partial);
  database.close();
  // SQLite would apply a leftover log to the new file, to which it does not belong.
  for (const leftover of [`${path}-wal`, `${path}-shm`]) rmSync(leftover, { force: true });
  renameSync(partial, path);
}

/** Size of the file that checks the disk: more than a commit needs, so that a disk with room for only one fails. */
const probeBytes = 1024 * 1024;

/**
 * Checks with a file of 1 MB that the disk can be written.
 * @throws MonitorError `store.full`, `store.read_only`, `store.failing`
 */
export function ensureDiskWritable(folder: string): void {
  const path = join(folder, `.probe-${process.pid}`);
  try {
    writeFileSync(path, Buffer.alloc(probeBytes), { flush: true });
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? '';
    const code = diskErrors[errno] ?? 'store.failing';
    throw new MonitorError(code, `no file can be written to the runs folder ${folder} (${errno})`, { cause });
  } finally {
    rmSync(path, { force: true });
  }
}

const diskErrors: Record<string, 'store.full' | 'store.read_only'> = {
  ENOSPC: 'store.full',
  EDQUOT: 'store.full',
  EROFS: 'store.read_only',
  EACCES: 'store.read_only',
  EPERM: 'store.read_only',
};
