import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import Database from 'libsql';
import { toStoreError } from '../../src/store/sqlite-failures.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { type Store, toNewEvent } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { asStored, rawEvent } from '../support/events.ts';

const stored = sampleRun({ runId: 'a' }).map(toNewEvent);

function open(folder: string): Store {
  const store = openSqliteStore(folder);
  afterTest(() => store.close());
  return store;
}

const eventsOf = async (store: Store) => (await store.page('a', { after: 0, limit: 1_000 })).events;
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a SQLite store whose files are removed', () => {
  const isOurs = (name: string): boolean => name.startsWith('monitor.db');
  const takeAll = (folder: string): void => {
    for (const name of readdirSync(folder).filter(isOurs)) rmSync(join(folder, name));
  };

  test.each<[string, (folder: string) => void]>([
    ['all of them', takeAll],
    ['the database alone', (folder) => rmSync(join(folder, 'monitor.db'))],
    ['the log alone', (folder) => rmSync(join(folder, 'monitor.db-wal'))],
    ['the whole folder', (folder) => rmSync(folder, { recursive: true })],
  ])('refuses writes, and restores its file with every event: %s', async (_what, take) => {
    const folder = join(temporaryFolder(), 'runs');
    const store = open(folder);
    await store.append('a', stored.slice(0, 20));
    await store.annotate('a', { title: 'kept' });
    take(folder);
    await expect(store.append('a', stored.slice(20, 22))).rejects.toEqual(code('store.vanished'));
    expect(await store.lastSeq('a')).toBe(20);
    await store.check();
    expect(await store.append('a', stored.slice(20))).toBe(stored.length);
    expect(await eventsOf(store)).toEqual(asStored(stored));
    await store.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
    const again = open(folder);
    expect(await eventsOf(again)).toEqual(asStored(stored));
    expect(await again.summary('a')).toMatchObject({ title: 'kept' });
  });

  test('detects it without a write', async () => {
    const folder = temporaryFolder();
    const store = open(folder);
    await store.append('a', stored.slice(0, 5));
    await store.check();
    takeAll(folder);
    await expect(store.check()).rejects.toEqual(code('store.vanished'));
    await store.check();
    expect(existsSync(join(folder, 'monitor.db'))).toBe(true);
  });

  test('continues with the same file when it is put back', async () => {
    const folder = temporaryFolder();
    const store = open(folder);
    await store.append('a', stored.slice(0, 5));
    const aside = temporaryFolder();
    for (const name of readdirSync(folder)) renameSync(join(folder, name), join(aside, name));
    await expect(store.append('a', stored.slice(5, 6))).rejects.toEqual(code('store.vanished'));
    for (const name of readdirSync(aside)) renameSync(join(aside, name), join(folder, name));
    await store.check();
    expect(await store.append('a', stored.slice(5, 7))).toBe(7);
  });

  test('leaves another file in its place unchanged', async () => {
    const folder = temporaryFolder();
    const store = open(folder);
    await store.append('a', stored.slice(0, 5));
    takeAll(folder);
    writeFileSync(join(folder, 'monitor.db'), 'theirs');
    for (const _ of [1, 2]) await expect(store.check()).rejects.toThrow(/was replaced by another file/);
    rmSync(join(folder, 'monitor.db'));
    await store.check();
    expect(await store.lastSeq('a')).toBe(5);
  });
});

/** A disk of 3 MB; undefined where mounting is not permitted. */
function smallDisk(): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  afterTest(() => execFileSync('umount', ['-l', folder]));
  return folder;
}

describe('a SQLite store on a full disk', () => {
  const disk = smallDisk();
  const onDisk = disk === undefined ? test.skip : test;

  onDisk('reports it, loses no stored event, and continues when there is room', async () => {
    const folder = smallDisk()!;
    const store = open(folder);
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1_500_000));
    let kept = 0;
    const fill = async (): Promise<void> => {
      for (;;) kept = await store.append('a', [rawEvent(kept + 1, 'x'.repeat(50_000))]);
    };
    await expect(fill()).rejects.toEqual(code('store.full'));
    expect(kept).toBeGreaterThan(5);
    await expect(store.check()).rejects.toEqual(code('store.full'));
    // A commit whose outcome was unknown may have been made.
    expect([kept, kept + 1]).toContain(await store.lastSeq('a'));
    rmSync(ballast);
    await store.check();
    const last = await store.lastSeq('a');
    expect(last).toBeGreaterThanOrEqual(kept);
    expect(await store.append('a', [rawEvent(last + 1, 'x')])).toBe(last + 1);
    expect(await eventsOf(store)).toHaveLength(last + 1);
  });
});

test('a database locked by another program is waited for, then reported', async () => {
  const folder = temporaryFolder();
  const store = open(folder);
  await store.append('a', stored.slice(0, 5));
  const other = new Database(join(folder, 'monitor.db'));
  afterTest(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  await expect(store.append('a', stored.slice(5, 6))).rejects.toEqual(code('store.failing'));
  other.exec('ROLLBACK');
  await store.check();
  expect(await store.append('a', stored.slice(5, 6))).toBe(6);
});

test.each([
  ['SQLITE_FULL', 'store.full'],
  ['SQLITE_READONLY', 'store.read_only'],
  ['SQLITE_READONLY_DBMOVED', 'store.read_only'],
  ['SQLITE_IOERR_WRITE', 'store.failing'],
  ['SQLITE_CORRUPT', 'store.failing'],
])('%s is reported as %s, in one line', (sqlite, expected) => {
  const error = new Database.SqliteError('reason', sqlite);
  expect(toStoreError(error, '/runs/monitor.db')).toEqual(code(expected));
  expect(String((toStoreError(error, '/runs/monitor.db') as Error).message)).not.toContain('\n');
});

test('an internal error is returned as it is', () => {
  const error = new Database.SqliteError('near "SELCT": syntax error', 'SQLITE_ERROR');
  expect(toStoreError(error, 'x')).toBe(error);
});
