import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import Database from 'libsql';
import { toStoreError } from '../../src/store/sqlite-failures.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { type Store, toNewEvent } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { asStored, rawEvent } from '../support/events.ts';
import { canMount, smallDisk } from '../support/small-disk.ts';

const stored = sampleRun({ runId: 'a' }).map(toNewEvent);

async function open(folder: string): Promise<Store> {
  const store = await openSqliteStore(folder);
  afterTest(() => store.close());
  return store;
}

const eventsOf = async (store: Store) => (await store.page('a', { after: 0, limit: 1_000 })).events;
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a SQLite store whose files are removed', () => {
  const isOurs = (name: string): boolean => name.startsWith('monitor.db');
  const removeAll = (folder: string): void => {
    for (const name of readdirSync(folder).filter(isOurs)) rmSync(join(folder, name));
  };

  test.each<[string, (folder: string) => void]>([
    ['all of them', removeAll],
    ['the database alone', (folder) => rmSync(join(folder, 'monitor.db'))],
    ['the log alone', (folder) => rmSync(join(folder, 'monitor.db-wal'))],
    ['the whole folder', (folder) => rmSync(folder, { recursive: true })],
  ])('refuses writes, and restores its file with every event: %s', async (_what, remove) => {
    const folder = join(temporaryFolder(), 'runs');
    const store = await open(folder);
    await store.append('a', stored.slice(0, 20));
    await store.annotate('a', { title: 'kept' });
    remove(folder);
    await expect(store.append('a', stored.slice(20, 22))).rejects.toEqual(code('store.vanished'));
    expect(await store.lastSeq('a')).toBe(20);
    await store.check();
    expect(await store.append('a', stored.slice(20))).toBe(stored.length);
    expect(await eventsOf(store)).toEqual(asStored(stored));
    await store.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
    const again = await open(folder);
    expect(await eventsOf(again)).toEqual(asStored(stored));
    expect(await again.summary('a')).toMatchObject({ title: 'kept' });
  });

  test('detects the removal by its check, without a write', async () => {
    const folder = temporaryFolder();
    const store = await open(folder);
    await store.append('a', stored.slice(0, 5));
    await store.check();
    removeAll(folder);
    await expect(store.check()).rejects.toEqual(code('store.vanished'));
    await store.check();
    expect(existsSync(join(folder, 'monitor.db'))).toBe(true);
  });

  test('continues with the same file when it is put back', async () => {
    const folder = temporaryFolder();
    const store = await open(folder);
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
    const store = await open(folder);
    await store.append('a', stored.slice(0, 5));
    removeAll(folder);
    writeFileSync(join(folder, 'monitor.db'), 'theirs');
    for (const _ of [1, 2]) await expect(store.check()).rejects.toThrow(/was replaced by another file/);
    rmSync(join(folder, 'monitor.db'));
    await store.check();
    expect(await store.lastSeq('a')).toBe(5);
  });
});

test('a SQLite store is not used again until another file can be written beside it', async () => {
  const folder = temporaryFolder();
  const store = await open(folder);
  await store.append('a', stored.slice(0, 5));
  rmSync(join(folder, 'monitor.db-lock'));
  await expect(store.check()).rejects.toEqual(code('store.vanished'));
  const probe = join(folder, `.disk-check-${process.pid}`);
  mkdirSync(probe);
  for (const _ of [1, 2]) await expect(store.check()).rejects.toEqual(code('store.failing'));
  rmSync(probe, { recursive: true });
  await store.check();
  expect(await store.append('a', stored.slice(5, 6))).toBe(6);
  expect(readdirSync(folder).filter((name) => name.includes('disk-check'))).toEqual([]);
});

describe('a SQLite store on a full disk', () => {
  const onDisk = canMount() ? test : test.skip;

  onDisk('reports the failure, loses no stored event, and continues when there is room (S-47)', async () => {
    const folder = smallDisk('3m');
    const store = await open(folder);
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1_500_000));
    let kept = 0;
    const fill = async (): Promise<void> => {
      for (;;) kept = await store.append('a', [rawEvent(kept + 1, JSON.stringify('x'.repeat(50_000)))]);
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
    expect(await store.append('a', [rawEvent(last + 1, '{}')])).toBe(last + 1);
    expect(await eventsOf(store)).toHaveLength(last + 1);
  });

  onDisk('has room to remove a run, also after a restart, and then accepts events again (S-51)', async () => {
    const folder = smallDisk('24m');
    const first = await open(folder);
    const large = (seq: number) => rawEvent(seq, JSON.stringify('x'.repeat(100_000)));
    for (let seq = 1; seq <= 20; seq++) await first.append('a', [large(seq)]);
    await first.check();
    const reserved = statSync(join(folder, 'monitor.db-reserve')).size;
    expect(reserved).toBeGreaterThan(5_000_000);
    const fillAll = async (store: Store): Promise<void> => {
      // Several times, emptying the write-ahead log makes room for more events.
      while (!(await isFailing(store))) await expect(fill(store)).rejects.toEqual(code('store.full'));
    };
    const fill = async (store: Store): Promise<void> => {
      for (let seq = (await store.lastSeq('b')) + 1; ; seq++) await store.append('b', [large(seq)]);
    };
    await fillAll(first);
    await first.close();
    const store = await open(folder);
    await fillAll(store);
    await expect(store.check()).rejects.toEqual(code('store.full'));
    expect(await store.remove('a')).toBe(true);
    while (await isFailing(store)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(statSync(join(folder, 'monitor.db-reserve')).size).toBe(reserved);
    const room = store.append(
      'c',
      Array.from({ length: 5 }, (_, at) => large(at + 1)),
    );
    expect(await room).toBe(5);
  });
});

describe('a SQLite store whose files another program changes', () => {
  const path = (folder: string): string => join(folder, 'monitor.db');
  const flip = (file: string, at: number): void => {
    const bytes = readFileSync(file);
    for (let index = at; index < at + 64; index++) bytes[index] = 255 - bytes[index]!;
    const opened = openSync(file, 'r+');
    writeSync(opened, bytes);
    closeSync(opened);
  };

  test.each<[string, (folder: string) => void]>([
    ['the database is overwritten', (folder) => writeFileSync(path(folder), 'x'.repeat(500_000))],
    ['the database is truncated', (folder) => truncateSync(path(folder), 4_096)],
    ['the database is emptied', (folder) => truncateSync(path(folder))],
    ['a page of the database is damaged', (folder) => flip(path(folder), 8 * 4_096)],
  ])('acknowledges nothing more when %s (S-52)', async (_what, damage) => {
    const folder = temporaryFolder();
    await fillAndClose(folder);
    const store = await open(folder);
    await store.append('a', stored.slice(0, 5));
    damage(folder);
    await expect(store.append('a', stored.slice(5, 6))).rejects.toEqual(code('store.failing'));
    for (const _ of [1, 2])
      await expect(store.check()).rejects.toEqual(
        expect.objectContaining({ code: expect.stringMatching(/^store/) }),
      );
    await expect(store.append('a', stored.slice(5, 6))).rejects.toEqual(code('store.failing'));
  });

  test.each<[string, (log: string) => void]>([
    ['cut', (log) => truncateSync(log, statSync(log).size - 4_096 - 24)],
    ['cut inside a page', (log) => truncateSync(log, statSync(log).size - 100)],
    ['emptied', (log) => truncateSync(log)],
    ['damaged', (log) => flip(log, statSync(log).size - 1_000)],
  ])('acknowledges nothing more when the log is %s, until the next start', async (_what, damage) => {
    const folder = temporaryFolder();
    const store = await open(folder);
    for (let at = 0; at < 10; at++) await store.append('a', stored.slice(at, at + 1));
    damage(`${path(folder)}-wal`);
    await expect(store.append('a', stored.slice(10, 11))).rejects.toMatchObject({
      code: 'store.failing',
      message: expect.stringMatching(/restart the gateway to use what is intact$/),
    });
    for (const _ of [1, 2]) expect(await isFailing(store)).toBe(true);
    await expect(store.append('a', stored.slice(10, 11))).rejects.toEqual(code('store.failing'));
    const copy = temporaryFolder();
    for (const name of ['monitor.db', 'monitor.db-wal']) cpSync(join(folder, name), join(copy, name));
    const next = await open(copy);
    expect(await next.lastSeq('a')).toBeLessThan(10);
    expect(await next.append('a', stored)).toBe(stored.length);
  });

  test('reports acknowledged events that another program has deleted', async () => {
    const folder = temporaryFolder();
    const losses: string[] = [];
    const store = await openSqliteStore(folder, { onLoss: (message) => losses.push(message) });
    afterTest(() => store.close());
    await store.append('a', stored.slice(0, 10));
    const other = new Database(path(folder));
    other.exec('DELETE FROM event WHERE seq > 7');
    other.close();
    await expect(store.check()).rejects.toEqual(code('store.failing'));
    await store.check();
    expect(losses).toEqual([expect.stringMatching('run a had 10, and has 7')]);
  });

  test('reports a damaged log at the start', async () => {
    const folder = temporaryFolder();
    const first = await open(folder);
    for (let at = 0; at < 10; at++) await first.append('a', stored.slice(at, at + 1));
    const copy = temporaryFolder();
    for (const name of ['monitor.db', 'monitor.db-wal']) cpSync(join(folder, name), join(copy, name));
    const losses: string[] = [];
    const opened = () => openSqliteStore(copy, { onLoss: (message) => losses.push(message) });
    const intact = await opened();
    expect([await intact.lastSeq('a'), losses]).toEqual([10, []]);
    await intact.close();
    cpSync(join(folder, 'monitor.db'), path(copy));
    cpSync(join(folder, 'monitor.db-wal'), `${path(copy)}-wal`);
    flip(`${path(copy)}-wal`, Math.floor(statSync(`${path(copy)}-wal`).size / 2));
    const damaged = await opened();
    afterTest(() => damaged.close());
    expect(await damaged.lastSeq('a')).toBeLessThan(10);
    expect(losses).toEqual([
      expect.stringMatching(/^the log \S+monitor\.db-wal is damaged or incomplete from byte/),
    ]);
  });

  test('continues after another program has written to it without damage (S-52)', async () => {
    const folder = temporaryFolder();
    const store = await open(folder);
    await store.append('a', stored.slice(0, 5));
    const other = new Database(path(folder));
    other.exec("UPDATE run SET title = 'theirs'");
    other.close();
    await expect(store.append('a', stored.slice(5, 6))).rejects.toEqual(code('store.failing'));
    await store.check();
    expect(await store.append('a', stored.slice(5, 6))).toBe(6);
    expect(await store.summary('a')).toMatchObject({ title: 'theirs' });
  });

  test('that cannot be read is a failure of the store, with its code', async () => {
    const folder = join(temporaryFolder(), 'runs');
    const store = await open(folder);
    await store.append('a', stored.slice(0, 5));
    renameSync(folder, `${folder}-aside`);
    symlinkSync(folder, folder);
    await expect(store.append('a', stored.slice(5, 6))).rejects.toEqual(code('store.failing'));
    await expect(store.check()).rejects.toEqual(code('store.failing'));
    rmSync(folder);
    renameSync(`${folder}-aside`, folder);
    await store.check();
    expect(await store.append('a', stored.slice(5, 6))).toBe(6);
  });
});

const isFailing = (store: Store): Promise<boolean> =>
  store.check().then(
    () => false,
    () => true,
  );

async function fillAndClose(folder: string): Promise<void> {
  const store = await openSqliteStore(folder);
  for (let seq = 1; seq <= 100; seq++)
    await store.append('old', [rawEvent(seq, JSON.stringify('x'.repeat(3_000)))]);
  await store.close();
}

test.each([
  ['ENOSPC', 'store.full'],
  ['EDQUOT', 'store.full'],
  ['EROFS', 'store.read_only'],
  ['EACCES', 'store.read_only'],
  ['EIO', 'store.failing'],
])('%s of the file system is reported as %s, in one line (S-47)', (errno, expected) => {
  const error = Object.assign(new Error(`${errno}: reason`), { code: errno, syscall: 'stat' });
  expect(toStoreError(error, '/runs/monitor.db')).toEqual(code(expected));
});

test('a database locked by another program is waited for, then reported', async () => {
  const folder = temporaryFolder();
  const store = await open(folder);
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
