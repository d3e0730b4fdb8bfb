import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';

import { copyDatabase, databasePath, openForReading } from './store/sqlite-file.ts';

export interface BackupOptions {
  /** The folder of runs; a gateway may be writing there. */
  runs: string;
  /** The file to write, which must not be there yet. */
  to: string;
}

export interface Backup {
  runs: number;
  events: number;
  bytes: number;
}

/**
 * Copies the database as it is at this moment, looks through the copy, and puts it in its place when it is whole.
 * @throws MonitorError `store.unusable`, `backup.failed`
 */
export function backUp({ runs, to }: BackupOptions): Backup {
  const failed = (why: string, cause?: unknown): MonitorError =>
    new MonitorError('backup.failed', `no backup was made: ${why}`, { cause });
  if (statSync(to, { throwIfNoEntry: false })) throw failed(`${to} is there already`);
  const partial = `${to}.${process.pid}.partial`;
  const database = openForReading(databasePath(runs));
  try {
    mkdirSync(dirname(to), { recursive: true });
    copyDatabase(database, partial);
    // Takes the name only if nobody has it; a rename alone would take it from whoever has.
    closeSync(openSync(to, 'wx'));
    renameSync(partial, to);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw failed(
      code === 'EEXIST' ? `${to} is there already` : `${to} cannot be written (${message})`,
      cause,
    );
  } finally {
    rmSync(partial, { force: true });
    database.close();
  }
  return describe(to);
}

function describe(path: string): Backup {
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
