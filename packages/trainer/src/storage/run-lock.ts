import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import { type RunFolder, unwritable } from './run-folder.ts';

const file = 'lock';
/** A holder shows this often that it lives … */
const renewMs = 5_000;
/** … and one that has not for this long is gone: on another machine, or its process id has gone to another program. */
const staleMs = 60_000;
/** Of two that take over a stale lock at the same time, the later wins, and the other sees it by then. */
const settleMs = 100;

const holder = z.object({ pid: z.int(), host: z.string(), id: z.string() });

/** This process's hold on a run: no other writes it meanwhile. */
export class RunLock {
  readonly #path: string;
  readonly #own: string;
  readonly #renewing: NodeJS.Timeout;

  private constructor(path: string, own: string) {
    this.#path = path;
    this.#own = own;
    this.#renewing = setInterval(() => renew(path), renewMs).unref();
  }

  /** @throws MonitorError `run.taken` when another process holds the run, or `runs.unwritable`. */
  static async take(folder: RunFolder): Promise<RunLock> {
    const path = join(folder.path, file);
    const own = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
    if (!create(path, own)) {
      if (isLocked(folder.path)) throw taken(path);
      folder.write(file, own);
      await wait(settleMs);
      if (read(path) !== own) throw taken(path);
    }
    return new RunLock(path, own);
  }

  release(): void {
    clearInterval(this.#renewing);
    if (read(this.#path) === this.#own) rmSync(this.#path);
  }
}

/** Whether a process that lives holds the run in this folder. */
export function isLocked(folder: string): boolean {
  const path = join(folder, file);
  const age = statSync(path, { throwIfNoEntry: false });
  if (!age || Date.now() - age.mtimeMs > staleMs) return false;
  const { pid, host } = readHolder(path);
  if (host !== hostname()) return true;
  return pid !== process.pid && isAlive(pid);
}

/** False when there is a lock already. */
function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(path, cause);
  }
}

/** A lock that cannot be read was being written: its holder lives. */
function readHolder(path: string): Pick<z.infer<typeof holder>, 'pid' | 'host'> {
  try {
    return holder.parse(JSON.parse(read(path)));
  } catch {
    return { pid: 0, host: 'unknown' };
  }
}

/** Empty when it is not there. */
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
    utimesSync(path, now, now);
  } catch {
    // Somebody has removed the lock, or the disk is gone: training says so itself when it cannot write.
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

function taken(path: string): MonitorError {
  const { pid, host } = readHolder(path);
  return new MonitorError(
    'run.taken',
    `expected a run that no other trainer is on, but process ${pid} on ${host} holds ${path}; if it is gone, remove that file`,
  );
}
