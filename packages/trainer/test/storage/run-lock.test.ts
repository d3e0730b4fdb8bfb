import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { isLocked, RunLock } from '../../src/storage/run-lock.ts';
import { Program } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A process that lives, and is not this one. */
const other = { pid: process.ppid, host: hostname(), id: 'another' };

describe('the lock of a run', () => {
  const runs = temporaryFolder();
  let folder: RunFolder;
  let path: string;
  beforeEach(() => {
    folder = RunFolder.create(runs.path, 'run');
    path = join(folder.path, 'lock');
  });
  const leave = (holder: object, ageSeconds = 0): void => {
    writeFileSync(path, JSON.stringify(holder));
    const then = Date.now() / 1_000 - ageSeconds;
    utimesSync(path, then, then);
  };
  const isTaken = expect.objectContaining({ code: 'run.taken' });

  test('is there as long as it is held', async () => {
    expect(isLocked(folder.path)).toBe(false);
    const lock = await RunLock.take(folder);
    expect(existsSync(path)).toBe(true);
    lock.release();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['a process that lives', other],
    ['a process on another machine', { ...other, host: 'elsewhere' }],
  ])('keeps others out while it is held by %s', async (_who, holder) => {
    leave(holder);
    expect(isLocked(folder.path)).toBe(true);
    await expect(RunLock.take(folder)).rejects.toEqual(isTaken);
  });

  test('is taken over from a process that has ended', async () => {
    const ended = Program.trainer(['--help']);
    await ended.ended();
    leave({ ...other, pid: ended.child.pid });
    expect(isLocked(folder.path)).toBe(false);
    (await RunLock.take(folder)).release();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['another machine', { ...other, host: 'elsewhere' }],
    ['a process whose id another program has by now', other],
    ['a container before it was started again, with the same process id', { ...other, pid: process.pid }],
  ])('is taken over when nothing was heard for long from %s', async (_who, holder) => {
    leave(holder, 61);
    const lock = await RunLock.take(folder);
    expect(isLocked(folder.path)).toBe(false); // By this process itself.
    lock.release();
  });

  test('is left to a process that has taken it over meanwhile', async () => {
    const lock = await RunLock.take(folder);
    leave(other);
    lock.release();
    expect(existsSync(path)).toBe(true);
  });

  test('that is being written is held', async () => {
    writeFileSync(path, '');
    await expect(RunLock.take(folder)).rejects.toEqual(isTaken);
  });
});
