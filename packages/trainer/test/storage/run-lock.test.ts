import { spawnSync } from 'node:child_process';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { isLocked, RunLock } from '../../src/storage/run-lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A running process other than this one. */
const other = { pid: process.ppid, host: hostname(), id: 'another' };

describe('RunLock', () => {
  const runs = temporaryFolder();
  let folder: RunFolder;
  let path: string;
  beforeEach(() => {
    folder = RunFolder.create(runs.path, 'run');
    path = join(folder.path, 'lock');
  });
  const writeLock = (holder: object, ageSeconds = 0): void => {
    writeFileSync(path, JSON.stringify(holder));
    const then = Date.now() / 1_000 - ageSeconds;
    utimesSync(path, then, then);
  };
  const isTaken = expect.objectContaining({ code: 'run.taken' });

  test('exists while it is held', async () => {
    expect(isLocked(folder.path)).toBe(false);
    const lock = await RunLock.acquire(folder);
    expect(existsSync(path)).toBe(true);
    lock.release();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['a running process', other],
    ['a process on another machine', { ...other, host: 'elsewhere' }],
  ])('is refused while it is held by %s', async (_who, holder) => {
    writeLock(holder);
    expect(isLocked(folder.path)).toBe(true);
    await expect(RunLock.acquire(folder)).rejects.toEqual(isTaken);
  });

  test('is taken over from a process that has ended', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeLock({ ...other, pid });
    expect(isLocked(folder.path)).toBe(false);
    (await RunLock.acquire(folder)).release();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['another machine', { ...other, host: 'elsewhere' }],
    ['a process whose id another program uses now', other],
    ['the same process id in a container before its restart', { ...other, pid: process.pid }],
  ])('is taken over when its holder, %s, has not renewed it for a minute', async (_who, holder) => {
    writeLock(holder, 61);
    const lock = await RunLock.acquire(folder);
    expect(isLocked(folder.path)).toBe(false); // This process holds it.
    lock.release();
  });

  test('is not removed when another process has taken it over', async () => {
    const lock = await RunLock.acquire(folder);
    writeLock(other);
    lock.release();
    expect(existsSync(path)).toBe(true);
  });

  test('counts as held while it is being written', async () => {
    writeFileSync(path, '');
    await expect(RunLock.acquire(folder)).rejects.toEqual(isTaken);
  });
});
