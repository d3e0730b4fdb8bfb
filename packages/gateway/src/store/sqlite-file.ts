import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import Database from 'libsql';
import { applicationId, migrations } from './schema.ts';

/** How long to wait for another process that is writing, such as a backup. */
const busyTimeoutMs = 2_000;
/** Up to this size every page is looked at before the file is used: half a second. Larger ones are before a migration. */
const alwaysCheckedBytes = 256 * 1024 * 1024;
/** To this the log is cut back after it has grown, by a large transaction or a reader that took long. */
const maxLogBytes = 16 * 1024 * 1024;

export const databasePath = (folder: string): string => join(folder, 'monitor.db');

/**
 * Opens the database in the folder of runs, makes both when they are not there, and brings the schema forward.
 * A file that is not ours, or damaged, is left as it is.
 * @throws MonitorError `runs.unwritable` or `store.unusable`
 */
export function openDatabase(folder: string): Database.Database {
  ensureWritable(folder);
  const path = databasePath(folder);
  return connect(path, (database, version) => {
    if (version > 0 && (version < migrations.length || statSync(path).size <= alwaysCheckedBytes))
      ensureIntact(database);
    migrate(database, version);
    database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = ${maxLogBytes};
      PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON`);
    enableShrinking(database);
  });
}

/**
 * Opens a database that is there, to read from it.
 * @throws MonitorError `store.unusable`
 */
export function openForReading(path: string): Database.Database {
  if (!statSync(path, { throwIfNoEntry: false }))
    throw new MonitorError(
      'store.unusable',
      `expected a database at ${path}, found none: say with --runs which folder a gateway writes to`,
    );
  return connect(path, () => {});
}

/** @throws Error that names the first page that is damaged. */
export function ensureIntact(database: Database.Database, pragma = 'quick_check'): void {
  const [row] = database.pragma(`${pragma}(1)`) as Record<string, string>[];
  const found = Object.values(row ?? {})[0];
  if (found !== 'ok') throw new Error(String(found));
}

function connect(
  path: string,
  prepare: (database: Database.Database, version: number) => void,
): Database.Database {
  const stranger = findHeaderProblem(path);
  if (stranger) throw refusedError(path, stranger);
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
    throw unusableError(path, error);
  }
}

/** A file of SQLite that cannot be used, and why. */
export const unusableError = (path: string, error: unknown): MonitorError =>
  refusedError(path, `cannot be used (${firstLine(error)})`, error);

const refusedError = (path: string, problem: string, cause?: unknown): MonitorError =>
  new MonitorError(
    'store.unusable',
    `the database ${path} ${problem}; it was left as it is: move it away, or choose another folder with --runs`,
    { cause },
  );

/** Makes the folder when it is not there. @throws MonitorError `runs.unwritable` */
export function ensureWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
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
 * What speaks against a file, judged by its first 100 bytes and its size alone, since opening a database may already
 * change it (https://sqlite.org/fileformat2.html#the_database_header).
 */
function findHeaderProblem(path: string): string | undefined {
  const log = sizeOf(`${path}-wal`);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return `cannot be read (${firstLine(error)})`;
    // SQLite would throw away the log, with what was acknowledged last.
    return log > 0 ? 'is missing, though its log (monitor.db-wal) is there' : undefined;
  }
  try {
    const header = Buffer.alloc(100);
    const length = readSync(file, header);
    const { size } = fstatSync(file);
    if (length === 0) return log > 0 ? 'is empty, though its log (monitor.db-wal) is not' : undefined;
    if (header.toString('latin1', 0, Math.min(length, 16)) !== magic.slice(0, length))
      return 'is not a SQLite database';
    if (length === 100 && header.readUInt32BE(68) !== applicationId) return 'belongs to another program';
    const expected = length < 100 ? 100 : pageBytes(header) * header.readUInt32BE(28);
    // What is missing may be in the log still; SQLite itself looks then.
    return size < expected && log === 0 ? `is cut short (${size} of ${expected} bytes)` : undefined;
  } catch (error) {
    return `cannot be read (${firstLine(error)})`;
  } finally {
    closeSync(file);
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** 1 stands for 65,536, which has no room in two bytes. */
function pageBytes(header: Buffer): number {
  const bytes = header.readUInt16BE(16);
  return bytes === 1 ? 65_536 : bytes;
}

function schemaVersion(database: Database.Database): number {
  const rows = database.pragma('user_version') as { user_version: number }[];
  return rows[0]?.user_version ?? 0;
}

/** All or nothing, and before WAL, so that a new file has the mark in its header. */
function migrate(database: Database.Database, from: number): void {
  if (from === migrations.length) return;
  // Making a table anew would be taken for removing what others refer to.
  database.exec('PRAGMA foreign_keys = OFF');
  // Has a say only before the first table is made.
  if (from === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  database.exec(`
    BEGIN IMMEDIATE; PRAGMA application_id = ${applicationId};
    ${migrations.slice(from).join('')}
    PRAGMA user_version = ${migrations.length}; COMMIT`);
}

/**
 * Files of version 1 do not give space back until they are written anew once. That needs as much space again: where
 * it is missing the file works as well, and is only not made smaller.
 */
function enableShrinking(database: Database.Database): void {
  const [row] = database.pragma('auto_vacuum') as { auto_vacuum: number }[];
  if (row?.auto_vacuum !== 0) return;
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
  } catch {}
}

const firstLine = (error: unknown): string => String((error as Error).message).split('\n')[0] as string;
