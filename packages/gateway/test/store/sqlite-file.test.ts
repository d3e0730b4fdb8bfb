import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import Database from 'libsql';
import { OtherStreamError } from '../../src/store/event-rules.ts';
import { applicationId, migrations } from '../../src/store/sqlite-schema.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { asStored } from '../support/events.ts';

const runs = ['b', 'a'].map((runId) => sampleRun({ runId, epochs: 2 }).map(toNewEvent));

/** The schema of version 1, as it was released. A copy, so that a changed migration fails the tests. */
const version1 = `
  BEGIN; PRAGMA application_id = ${0x4d4e4d6f};
  CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE event (
    run INTEGER NOT NULL REFERENCES run,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    json TEXT NOT NULL
  );
  CREATE UNIQUE INDEX event_by_seq ON event (run, seq);
  CREATE INDEX event_by_type ON event (run, type, seq);
  PRAGMA user_version = 1; COMMIT; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;`;

function writeVersion1(path: string): void {
  const database = new Database(path);
  database.exec(version1);
  const addRun = database.prepare('INSERT INTO run (name) VALUES (?)');
  const addEvent = database.prepare('INSERT INTO event (run, seq, type, json) VALUES (?, ?, ?, ?)');
  database.exec('BEGIN');
  runs.forEach((events, index) => {
    addRun.run(['b', 'a'][index]);
    for (const { seq, type, json } of events) addEvent.run(index + 1, seq, type, json);
  });
  database.exec('COMMIT');
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

/** The steps from version 1 to version 4, the last one whose runs have no stream. */
const toVersion4 = `
  BEGIN;
  CREATE TABLE run_2 (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE, title TEXT, note TEXT, pinned INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL);
  INSERT INTO run_2 (id, name, bytes) SELECT id, name, 1 FROM run;
  DROP TABLE run;
  ALTER TABLE run_2 RENAME TO run;
  ALTER TABLE run ADD COLUMN received INTEGER;
  UPDATE run SET received = 1700000000000, title = 'Mine' WHERE name = 'a';
  INSERT INTO run (name, bytes) VALUES (NULL, 0);
  CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL);
  INSERT INTO owner (id, token) VALUES (1, 'the gateway before');
  PRAGMA user_version = 4; COMMIT;`;

test('a database of version 4 is migrated: each run gets a stream, and keeps its other values (P-111)', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'monitor.db');
  writeVersion1(path);
  const database = new Database(path);
  database.exec(`PRAGMA foreign_keys = OFF; ${toVersion4}`);
  database.close();
  const store = await openSqliteStore(folder);
  afterTest(() => store.close());
  const [a, b] = [await store.position('a'), await store.position('b')];
  expect([a?.lastSeq, b?.lastSeq]).toEqual([runs[1]!.length, runs[0]!.length]);
  expect(a?.stream).toMatch(/^[0-9a-f]{12}-[0-9a-f]{8}$/);
  expect(b?.stream).not.toBe(a?.stream);
  const lastReceivedAt = new Date(1_700_000_000_000).toISOString();
  expect(await store.summary('a')).toMatchObject({ stream: a?.stream, title: 'Mine', lastReceivedAt });
  expect((await store.page('b', { after: 0, limit: 1_000 })).events).toEqual(asStored(runs[0]!));
  await expect(store.append('a', runs[1]!, 'other-1')).rejects.toThrow(OtherStreamError);
});

test('a database of version 6, the last without names of metrics, gets those of its runs', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'monitor.db');
  const events = sampleRunOfVersion2('own').map(toNewEvent);
  const database = new Database(path);
  database.exec(
    `${migrations.slice(0, 6).join('')} PRAGMA application_id = ${applicationId}; PRAGMA user_version = 6;`,
  );
  const addEvent = database.prepare('INSERT INTO event (run, seq, type, json) VALUES (?, ?, ?, ?)');
  database.exec('BEGIN');
  for (const [id, name, version] of [
    [1, 'own', 2],
    [2, 'without', 2],
    [3, 'old', 1],
  ] as const) {
    const stored = { own: events, without: events.slice(0, 1), old: runs[1]! }[name];
    database
      .prepare("INSERT INTO run (id, name, bytes, stream, version) VALUES (?, ?, 1, 'a-1', ?)")
      .run(id, name, version);
    for (const { seq, type, json } of stored) addEvent.run(id, seq, type, json);
  }
  database.exec('COMMIT');
  database.close();
  const store = await openSqliteStore(folder);
  afterTest(() => store.close());
  const names = async (runId: string) => (await store.summary(runId))?.metricNames;
  expect(await names('own')).toEqual(['perplexity', 'grad/norm', 'eval/f1']);
  expect([await names('without'), await names('old')]).toEqual([[], []]);
  const sent = { name: 'A small language model', tags: ['tokens', 'baseline'] };
  expect(await store.summary('own')).toMatchObject(sent);
});

describe('a database of version 1', () => {
  test('is migrated with every event (P-48)', async () => {
    const folder = temporaryFolder();
    writeVersion1(join(folder, 'monitor.db'));
    for (const _ of ['migrated', 'opened again']) {
      const store = await openSqliteStore(folder);
      const page = { after: 0, limit: 1_000 };
      expect((await store.page('a', page)).events).toEqual(asStored(runs[1]!));
      expect((await store.page('b', page)).events).toEqual(asStored(runs[0]!));
      const bytes = runs[1]!.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
      expect(await store.runs({ limit: 10 })).toMatchObject([{ runId: 'a' }, { runId: 'b' }]);
      const summary = { status: 'completed', title: null, pinned: false, bytes };
      expect(await store.summary('a')).toMatchObject(summary);
      await store.close();
    }
  });

  test('gives each run a stream of its own, which stays', async () => {
    const folder = temporaryFolder();
    writeVersion1(join(folder, 'monitor.db'));
    const streams = [];
    for (const _ of ['migrated', 'opened again']) {
      const store = await openSqliteStore(folder);
      streams.push([(await store.position('a'))?.stream, (await store.position('b'))?.stream]);
      await store.close();
    }
    const [first, again] = streams;
    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(2);
    for (const stream of first!) expect(stream).toMatch(/^[0-9a-f]{12}-[0-9a-f]{8}$/);
  });

  test('accepts new events and shrinks like a new database', async () => {
    const folder = temporaryFolder();
    writeVersion1(join(folder, 'monitor.db'));
    const store = await openSqliteStore(folder);
    afterTest(() => store.close());
    await store.append('c', sampleRun({ runId: 'c' }).map(toNewEvent));
    expect(await store.annotate('b', { pinned: true })).toBe(true);
    const database = new Database(join(folder, 'monitor.db'));
    expect(database.pragma('auto_vacuum')).toEqual([{ auto_vacuum: 2 }]);
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    database.close();
  });
});

/** Returns a digest of each file that is not empty; SQLite may leave an empty log and its index beside the database. */
const contentOf = (folder: string): string[][] =>
  readdirSync(folder)
    .map((name) => [name, readFileSync(join(folder, name))] as const)
    .filter(([name, bytes]) => bytes.length > 0 && !name.endsWith('-shm'))
    .map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]);

describe('a file that cannot be used', () => {
  /** Creates a valid database with some events, closes it, and returns the content of its file. */
  async function validFile(path: string): Promise<Buffer> {
    const store = await openSqliteStore(join(path, '..'));
    for (const [index, runId] of ['b', 'a'].entries()) await store.append(runId, runs[index]!);
    await store.close();
    return readFileSync(path);
  }
  const sql =
    (statements: string) =>
    (path: string): void => {
      const database = new Database(path);
      database.exec(statements);
      database.close();
    };
  const changed =
    (change: (file: Buffer) => Uint8Array) =>
    async (path: string): Promise<void> =>
      writeFileSync(path, change(await validFile(path)));
  const noise = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, (_, index) => (index * 37 + 11) % 251));
  const torn = (at: number, length: number) => (file: Buffer) => {
    noise(length).copy(file, at);
    return file;
  };

  test.each<[string, (path: string) => void | Promise<void>, RegExp]>([
    ['of another kind', (path) => writeFileSync(path, 'a text'), /is not a SQLite database/],
    ['of another program', sql('CREATE TABLE theirs (id)'), /belongs to another program/],
    [
      'of a newer gateway',
      sql(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 999; CREATE TABLE later (id)`),
      /was written by a newer gateway \(version 999, this one knows \d+\)/,
    ],
    ['cut within its header', changed((file) => file.subarray(0, 60)), /is truncated \(60 of 100 bytes\)/],
    ['cut short', changed((file) => file.subarray(0, 30_000)), /is truncated \(30000 of \d+ bytes\)/],
    ['cut short by one byte', changed((file) => file.subarray(0, -1)), /is truncated \(/],
    ['torn at its beginning', changed(torn(100, 3_000)), /cannot be used \(/],
    ['torn in the middle', changed(torn(40_960, 4_096)), /cannot be used \(/],
    ['torn at its end', changed((file) => torn(file.length - 4_096, 4_096)(file)), /cannot be used \(/],
    ['full of zeros from an offset on', changed((file) => file.fill(0, 20_480)), /cannot be used \(/],
    [
      'that was deleted without its log',
      (path) => writeFileSync(`${path}-wal`, noise(5_000)),
      /is missing, although its log \(monitor\.db-wal\) exists/,
    ],
  ])('is refused in one line and left unchanged: one %s (S-47)', async (_kind, write, problem) => {
    const folder = temporaryFolder();
    const path = join(folder, 'monitor.db');
    await write(path);
    const before = contentOf(folder);
    const open = (): Promise<unknown> => openSqliteStore(folder);
    await expect(open()).rejects.toThrow(expect.objectContaining({ code: 'store.unusable', exitCode: 2 }));
    await expect(open()).rejects.toThrow(problem);
    await expect(open()).rejects.toThrow(/^[^\n]+$/);
    expect(contentOf(folder)).toEqual(before);
  });

  test('is not migrated when it is a damaged one of version 1', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'monitor.db');
    writeVersion1(path);
    const file = torn(40_960, 4_096)(readFileSync(path));
    writeFileSync(path, file);
    await expect(openSqliteStore(folder)).rejects.toThrow(
      expect.objectContaining({ code: 'store.unusable' }),
    );
    expect(readFileSync(path).equals(file)).toBe(true);
  });

  test('is reported with its folder when that cannot be written, and nothing is created', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const runs = join(file, 'runs');
    await expect(openSqliteStore(runs)).rejects.toThrow(
      expect.objectContaining({
        code: 'runs.unwritable',
        exitCode: 2,
        message: `the runs folder ${runs} cannot be written (ENOTDIR): choose another with --runs`,
      }),
    );
    expect(existsSync(runs)).toBe(false);
  });
});

test('a new database has the current version and the application id', async () => {
  const folder = temporaryFolder();
  await (await openSqliteStore(folder)).close();
  const database = new Database(join(folder, 'monitor.db'));
  expect(database.pragma('user_version')).toEqual([{ user_version: migrations.length }]);
  expect(database.pragma('application_id')).toEqual([{ application_id: applicationId }]);
  expect(database.pragma('auto_vacuum')).toEqual([{ auto_vacuum: 2 }]);
  database.close();
});
