import { MonitorError } from '@mnist-monitor/shared';
import Database from 'libsql';
import { databasePath, ensureWritable, unusableError } from './sqlite-file.ts';

/** Of two that start at the same moment one gets it, if both wait a little. */
const lockTimeoutMs = 500;

/**
 * Takes a folder of runs for this gateway alone, until what it returns is closed: with SQLite's lock on an empty file,
 * which the system takes back however the process ends. Not on the database itself: a backup reads that meanwhile.
 * @throws MonitorError `store.in_use` when another gateway has it, `runs.unwritable` or `store.unusable`
 */
export function lockFolder(folder: string): Database.Database {
  ensureWritable(folder);
  const path = `${databasePath(folder)}-lock`;
  let file: Database.Database | undefined;
  try {
    file = new Database(path);
    file.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}; BEGIN EXCLUSIVE`);
    return file;
  } catch (cause) {
    file?.close();
    if (!(cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')))
      throw unusableError(path, cause);
    const message = `another gateway uses ${folder}: stop it, or choose another folder with --runs`;
    throw new MonitorError('store.in_use', message, { cause });
  }
}
