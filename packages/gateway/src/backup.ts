import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import { createFolder } from '@mnist-monitor/shared/files';
import { copyDatabase, databasePath, openForReading } from './store/sqlite-file.ts';

export interface BackupOptions {
  /** The folder of the runs. A gateway may write to it during the backup. */
  runs: string;
  /** The file to write. It must not exist. */
  to: string;
}

/** The contents of a complete backup. */
export interface Backup {
  /** The number of runs. */
  runs: number;
  /** The number of events of all runs. */
  events: number;
  /** The size of the file. */
  bytes: number;
}

/**
 * Copies the database as it is at this moment and checks the copy. A file named `to` appears only when the copy is
 * complete.
 * @throws MonitorError `store.unusable`, `backup.failed`
 */
export function backUp({ runs, to }: BackupOptions): Backup {
  const failed = (why: string, cause?: unknown): MonitorError =>
    new MonitorError('backup.failed', `no backup was made: ${why}`, { cause });
  if (statSync(to, { throwIfNoEntry: false })) throw failed(`${to} already exists`);
  const partial = `${to}.${process.pid}.partial`;
  const database = openForReading(databasePath(runs));
  try {
    createFolder(dirname(to));
    copyDatabase(database, partial);
    // Reserves the name: a rename alone would replace a file that another program wrote in the meantime.
    closeSync(openSync(to, 'wx'));
    renameSync(partial, to);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw failed(code === 'EEXIST' ? `${to} already exists` : `${to} cannot be written (${message})`, cause);
  } finally {
    rmSync(partial, { force: true });
    database.close();
  }
  return contentsOf(to);
}

function contentsOf(path: string): Backup {
  const copy = openForReading(path);
  const [counts] = copy
    .prepare(
      `SELECT count(*) AS runs, coalesce(sum((SELECT count(*) FROM event WHERE run = r.id)), 0) AS events
       FROM run r WHERE name IS NOT NULL`,
    )
    .all() as [{ runs: number; events: number }];
  copy.close();
  return { ...counts, bytes: statSync(path).size };
}
