import { accessSync, closeSync, constants, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import Database from 'libsql';
import { applicationId, migrations } from './schema.ts';

/** How long to wait for another process that is writing, such as a backup. */
const busyTimeoutMs = 2_000;

/**
 * Opens `monitor.db` in the folder of runs, makes both when they are not there, and brings the schema forward.
 * A file that is not ours, or damaged, is left as it is.
 * @throws MonitorError `runs.unwritable` or `store.unusable`
 */
export function openDatabase(folder: string): Database.Database {
  ensureWritable(folder);
  const path = join(folder, 'monitor.db');
  const unusable = (problem: string, cause?: unknown): MonitorError =>
    new MonitorError(
      'store.unusable',
      `the database ${path} ${problem}; it was left as it is: move it away, or choose another folder with --runs`,
      { cause },
    );

  const stranger = describeStranger(path);
  if (stranger) throw unusable(stranger);
  let database: Database.Database | undefined;
  try {
    database = new Database(path);
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    const version = schemaVersion(database);
    if (version > migrations.length)
      throw unusable(
        `was written by a newer gateway (version ${version}, this one knows ${migrations.length})`,
      );
    migrate(database, version);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    database.prepare('SELECT max(seq) FROM event').all();
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof MonitorError) throw error;
    throw unusable(`cannot be used (${firstLine(error)})`, error);
  }
}

function ensureWritable(folder: string): void {
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

/**
 * What speaks against a file, judged by its first 100 bytes alone, since opening a database may already change
 * it (https://sqlite.org/fileformat2.html#the_database_header).
 */
function describeStranger(path: string): string | undefined {
  const header = Buffer.alloc(100);
  let length: number;
  try {
    const file = openSync(path, 'r');
    length = readSync(file, header);
    closeSync(file);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? undefined
      : `cannot be read (${firstLine(error)})`;
  }
  if (length === 0) return undefined;
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return 'is not a SQLite database';
  return header.readUInt32BE(68) === applicationId ? undefined : 'belongs to another program';
}

function schemaVersion(database: Database.Database): number {
  const rows = database.pragma('user_version') as { user_version: number }[];
  return rows[0]?.user_version ?? 0;
}

/** Each step is one transaction with its version. The first comes before WAL, so that the mark is in the header. */
function migrate(database: Database.Database, from: number): void {
  for (let version = from; version < migrations.length; version++) {
    const mark = version === 0 ? `PRAGMA application_id = ${applicationId};` : '';
    database.exec(
      `BEGIN IMMEDIATE; ${mark} ${migrations[version]} PRAGMA user_version = ${version + 1}; COMMIT`,
    );
  }
}

const firstLine = (error: unknown): string => String((error as Error).message).split('\n')[0] as string;
