import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared/errors';
import { createFolder } from '@mnist-monitor/shared/files';
import Database from 'libsql';
import { applicationId, enableShrinking, migrate, migrations, schemaVersion } from './sqlite-schema.ts';

/** The wait for another process that is writing, such as a backup. */
const busyTimeoutMs = 2_000;
/** The wait for the lock: enough for one of two gateways that start at the same moment to get it. */
const lockTimeoutMs = 500;
/**
 * Files up to this size are checked completely whenever they are opened, in half a second; larger files only before a migration or
 * with `isSuspect`.
 */
const alwaysCheckedBytes = 256 * 1024 * 1024;
/** Size to which SQLite cuts the write-ahead log after a large transaction or a slow reader has let it grow. */
const maxLogBytes = 16 * 1024 * 1024;

export const databasePath = (folder: string): string => join(folder, 'monitor.db');

/** Returns the path of the lock file of a database, whose lock keeps a second gateway from using it. */
export const lockPath = (database: string): string => `${database}-lock`;

/**
 * Opens the database in the folder of runs, creates both if they are missing, and migrates the schema. A damaged file,
 * or one of another program, is left unchanged. With `isSuspect`, the file is checked completely whatever its size.
 * @throws MonitorError `runs.unwritable` or `store.unusable`
 */
export function openDatabase(folder: string, { isSuspect = false } = {}): Database.Database {
  ensureWritable(folder);
  const path = databasePath(folder);
  ensureFilesWritable(path, [path, `${path}-wal`, `${path}-shm`]);
  return connect(path, (database, version) => {
    const isChecked = isSuspect || version < migrations.length || statSync(path).size <= alwaysCheckedBytes;
    if (version > 0 && isChecked) ensureIntact(database);
    migrate(database, version);
    database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = ${maxLogBytes};
      PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON`);
    enableShrinking(database);
  });
}

/**
 * Opens an existing database for reading.
 * @throws MonitorError `store.unusable`
 */
export function openForReading(path: string): Database.Database {
  if (!statSync(path, { throwIfNoEntry: false }))
    throw new MonitorError(
      'store.unusable',
      `expected a database at ${path}, found none: set --runs to the folder that a gateway writes to`,
    );
  return connect(path, () => {});
}

/** Connects to a database that this process has open for writing. Its file was checked when it was opened. */
export function connectReader(path: string): Database.Database {
  const database = new Database(path);
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA query_only = ON`);
  return database;
}

/**
 * Locks a folder of runs for this process until the returned database is closed. The lock is SQLite's own, on an empty
 * file; the system releases it even when the process crashes. The runs' own database is not locked, so that a backup
 * can read it.
 * @throws MonitorError `store.in_use` when another gateway holds the lock, `runs.unwritable` or `store.unusable`
 */
export function lockFolder(folder: string): Database.Database {
  ensureWritable(folder);
  const path = lockPath(databasePath(folder));
  // On a file that may only be read, SQLite would lock nothing, and a second gateway would be let in.
  ensureFilesWritable(path, [path]);
  let file: Database.Database | undefined;
  try {
    file = new Database(path);
    file.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}; BEGIN EXCLUSIVE`);
    return file;
  } catch (cause) {
    file?.close();
    if (!(cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')))
      throw refusedError(path, `cannot be used (${firstLine(cause)})`, cause);
    const message = `another gateway uses ${folder}: stop it, or choose another folder with --runs`;
    throw new MonitorError('store.in_use', message, { cause });
  }
}

/**
 * Writes a compact copy of an open database's committed state into a new file, flushes it to disk and checks it. Other
 * connections may write to the database at the same time.
 */
export function copyDatabase(database: Database.Database, to: string): void {
  database.prepare('VACUUM INTO ?').run(to);
  const file = openSync(to, 'r+');
  fsyncSync(file);
  closeSync(file);
  const copy = new Database(to);
  try {
    ensureIntact(copy, 'integrity_check');
  } finally {
    copy.close();
  }
}

/**
 * Writes the write-ahead log of an open database back and makes the log empty, without waiting for programs that read. On
 * a full disk, the log stays when the file would have to grow.
 */
export function truncateLog(database: Database.Database): void {
  database.exec('PRAGMA busy_timeout = 0');
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // No event is lost, as the log still has all; the next write or start reports a file that cannot be written.
  } finally {
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }
}

/** @throws Error that names the first damaged page. */
function ensureIntact(database: Database.Database, pragma = 'quick_check'): void {
  const [row] = database.pragma(`${pragma}(1)`) as Record<string, string>[];
  const found = Object.values(row ?? {})[0];
  if (found !== 'ok') throw new Error(String(found));
}

function connect(
  path: string,
  prepare: (database: Database.Database, version: number) => void,
): Database.Database {
  const problem = findHeaderProblem(path);
  if (problem) throw refusedError(path, problem);
  let database: Database.Database | undefined;
  try {
    database = new Database(path);
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    const version = schemaVersion(database);
    if (version > migrations.length)
      throw refusedError(
        path,
        `was written by a newer gateway (version ${version}, this one knows ${migrations.length})`,
      );
    prepare(database, version);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof MonitorError) throw error;
    throw refusedError(path, `cannot be used (${firstLine(error)})`, error);
  }
}

const refusedError = (path: string, problem: string, cause?: unknown): MonitorError =>
  new MonitorError(
    'store.unusable',
    `the database ${path} ${problem}; it was left unchanged: move it, or choose another folder with --runs`,
    { cause },
  );

/**
 * Checks that the existing files of a database may be written: SQLite would open a read-only file for reading, without an
 * error.
 * @throws MonitorError `store.unusable`
 */
function ensureFilesWritable(path: string, files: readonly string[]): void {
  for (const file of files) {
    try {
      accessSync(file, constants.R_OK | constants.W_OK);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      const which = file === path ? '' : `, as ${basename(file)} belongs to another user or is protected`;
      throw refusedError(path, `cannot be written (${code})${which}`, cause);
    }
  }
}

/** Creates the folder if it is missing. @throws MonitorError `runs.unwritable` */
function ensureWritable(folder: string): void {
  try {
    createFolder(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? firstLine(cause);
    throw new MonitorError(
      'runs.unwritable',
      `the runs folder ${folder} cannot be written (${why}): choose another with --runs`,
      { cause },
    );
  }
}

const magic = 'SQLite format 3\0';

/**
 * Returns why a database file must not be opened; undefined when it may be opened. Checks its first 100 bytes and its
 * size, since opening a database may already change it (https://sqlite.org/fileformat2.html#the_database_header).
 */
function findHeaderProblem(path: string): string | undefined {
  const logBytes = sizeOf(`${path}-wal`);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return `cannot be read (${firstLine(error)})`;
    // Without the database, SQLite would delete the log, and with it the last acknowledged events.
    return logBytes > 0 ? 'is missing, although its log (monitor.db-wal) exists' : undefined;
  }
  try {
    const header = Buffer.alloc(100);
    const length = readSync(file, header);
    const { size } = fstatSync(file);
    if (length === 0) return logBytes > 0 ? 'is empty, although its log (monitor.db-wal) is not' : undefined;
    if (header.toString('latin1', 0, Math.min(length, 16)) !== magic.slice(0, length))
      return 'is not a SQLite database';
    if (length === 100 && header.readUInt32BE(68) !== applicationId) return 'belongs to another program';
    const expected = length < 100 ? 100 : pageBytes(header) * header.readUInt32BE(28);
    // The missing pages may still be in the log; SQLite itself checks that.
    return size < expected && logBytes === 0 ? `is truncated (${size} of ${expected} bytes)` : undefined;
  } catch (error) {
    return `cannot be read (${firstLine(error)})`;
  } finally {
    closeSync(file);
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Reads the page size from a header. The value 1 means 65,536, which does not fit into the two bytes. */
function pageBytes(header: Buffer): number {
  const bytes = header.readUInt16BE(16);
  return bytes === 1 ? 65_536 : bytes;
}

const firstLine = (error: unknown): string => String((error as Error).message).split('\n')[0] as string;
