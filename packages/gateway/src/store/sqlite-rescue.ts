import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import type Database from 'libsql';
import { copyDatabase } from './sqlite-copy.ts';
import { databasePath } from './sqlite-file.ts';

/**
 * Writes an open database whose files are gone to its place again: the system keeps them until they are closed.
 * Holds the event loop meanwhile, so that nothing is written to what is about to be left. Closes the database.
 */
export function restoreDatabaseFile(database: Database.Database, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const path = databasePath(folder);
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  copyDatabase(database, partial);
  database.close();
  // A log belongs to one database only: with another SQLite would mix the two.
  for (const left of [`${path}-wal`, `${path}-shm`]) rmSync(left, { force: true });
  renameSync(partial, path);
}

/** More than a commit needs, so that a disk that is full again at once is not taken for one with room. */
const probeBytes = 1024 * 1024;

/** Whether the disk takes a file of some size. @throws MonitorError `store.full`, `store.read_only`, `store.failing` */
export function ensureDiskWritable(folder: string): void {
  const path = join(folder, `.probe-${process.pid}`);
  try {
    writeFileSync(path, Buffer.alloc(probeBytes), { flush: true });
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? '';
    const code = codes[errno] ?? 'store.failing';
    throw new MonitorError(code, `the runs folder ${folder} takes no file (${errno})`, { cause });
  } finally {
    rmSync(path, { force: true });
  }
}

const codes: Record<string, 'store.full' | 'store.read_only'> = {
  ENOSPC: 'store.full',
  EDQUOT: 'store.full',
  EROFS: 'store.read_only',
  EACCES: 'store.read_only',
  EPERM: 'store.read_only',
};
