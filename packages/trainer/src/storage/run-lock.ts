import { randomUUID } from 'node:crypto';
import { lstatSync, lutimesSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MonitorError, runFiles, staleLockMs } from '@mnist-monitor/shared';
import { z } from 'zod';
import { type RunFolder, unwritable } from './run-folder.ts';

/** Interval at which the holder updates the file's modification time: a twelfth of `staleLockMs`. */
const renewMs = 5_000;
/**
 * Time between replacing a stale lock and reading it again. When two processes replace a lock at once, the second one wins,
 * and the first one notices it by reading.
 */
const settleMs = 100;

const holder = z.object({ pid: z.int(), host: z.string(), id: z.string() });

/** The lock on a run's folder: while this process holds it, no other trainer writes there. */
export class RunLock {
  readonly #path: string;
  readonly #content: string;
  readonly #renewing: NodeJS.Timeout;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
    this.#renewing = setInterval(() => renew(path), renewMs).unref();
  }

  /** Locks a run. @throws MonitorError `run.taken` when another process holds the lock, or `runs.unwritable`. */
  static async acquire(folder: RunFolder): Promise<RunLock> {
    const path = join(folder.path, runFiles.lock);
    const own = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
    if (!create(path, own)) {
      if (isLocked(folder.path)) throw lockedError(path);
      folder.write(runFiles.lock, own);
      await delay(settleMs);
      if (read(path) !== own) throw lockedError(path);
    }
    return new RunLock(path, own);
  }

  /** Releases the lock, unless another process has taken it over. */
  release(): void {
    clearInterval(this.#renewing);
    if (read(this.#path) === this.#content) rmSync(this.#path);
  }
}

/**
 * Returns whether another running process holds the lock in this folder. A process on another host cannot be checked, so it
 * counts as running until the lock is stale.
 */
export function isLocked(folder: string): boolean {
  const path = join(folder, runFiles.lock);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats || Date.now() - stats.mtimeMs > staleLockMs) return false;
  const { pid, host } = readHolder(path);
  if (host !== hostname()) return true;
  // A restarted container often gives the same process id again, so a lock with the id of this process counts as free.
  return pid !== process.pid && isAlive(pid);
}

/** Creates the lock file; returns false when it exists. */
function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(path, cause);
  }
}

/** Reads the holder of a lock. A lock that cannot be parsed is being written, so it counts as held. */
function readHolder(path: string): Pick<z.infer<typeof holder>, 'pid' | 'host'> {
  try {
    return holder.parse(JSON.parse(read(path)));
  } catch {
    return { pid: 0, host: 'unknown' };
  }
}

/** Reads a text file; returns an empty text when it cannot be read, as when it does not exist. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function renew(path: string): void {
  try {
    const now = new Date();
    lutimesSync(path, now, now);
  } catch {
    // The lock was removed or the disk is not available: training fails by itself when it cannot write.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function lockedError(path: string): MonitorError {
  const { pid, host } = readHolder(path);
  return new MonitorError(
    'run.taken',
    `expected a run that no other trainer uses, but process ${pid} on ${host} holds ${path}; if that process has ended, remove the file`,
  );
}
