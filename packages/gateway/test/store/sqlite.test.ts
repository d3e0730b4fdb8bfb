import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import Database from 'libsql';
import { applicationId } from '../../src/store/schema.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { toStored } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/cleanup.ts';
import { storeSuite } from './store-suite.ts';

const stored = sampleRun({ runId: 'a' }).map(toStored);

storeSuite('the SQLite store', () => openSqliteStore(temporaryFolder()));

describe('the SQLite store’s file', () => {
  test('has everything when it is opened again', async () => {
    const folder = temporaryFolder();
    const first = openSqliteStore(folder);
    await first.append('a', stored);
    await first.close();
    const second = openSqliteStore(folder);
    expect(await second.append('a', stored.slice(-2))).toBe(stored.length);
    expect((await second.page('a', { after: 0, limit: 1_000 })).events).toEqual(stored);
    await second.close();
  });

  test('has what was committed when the process ends without closing it', async () => {
    const folder = temporaryFolder();
    const left = openSqliteStore(folder);
    await left.append('a', stored.slice(0, 5));
    const second = openSqliteStore(folder);
    expect(await second.lastSeq('a')).toBe(5);
    await second.close();
    await left.close();
  });

  test('ends a page after 4 MB, and reads on from there', async () => {
    const store = openSqliteStore(temporaryFolder());
    const large = Array.from({ length: 450 }, (_, index) => ({
      seq: index + 1,
      type: 'notice' as const,
      json: 'x'.repeat(20_000),
    }));
    await store.append('a', large);
    const page = await store.page('a', { after: 0, limit: 1_000 });
    expect(page).toMatchObject({ through: 400, more: true });
    expect(await store.page('a', { after: 400, limit: 1_000 })).toMatchObject({ through: 450, more: false });
    await store.close();
  });

  const foreign = (path: string): void => {
    const database = new Database(path);
    database.exec('CREATE TABLE theirs (id)');
    database.close();
  };
  const newer = (path: string): void => {
    const database = new Database(path);
    database.exec(
      `PRAGMA application_id = ${applicationId}; PRAGMA user_version = 999; CREATE TABLE later (id)`,
    );
    database.close();
  };
  const damaged = (path: string): void => {
    newer(path);
    writeFileSync(path, readFileSync(path).subarray(0, 3_000));
  };

  test.each<[string, (path: string) => void, RegExp]>([
    ['of another kind', (path) => writeFileSync(path, 'a letter to my aunt'), /is not a SQLite database/],
    ['of another program', foreign, /belongs to another program/],
    ['of a newer gateway', newer, /was written by a newer gateway \(version 999, this one knows 1\)/],
    ['that is damaged', damaged, /cannot be used \(/],
  ])('refuses one %s in one line and leaves it as it is', (_kind, write, problem) => {
    const folder = temporaryFolder();
    const path = join(folder, 'monitor.db');
    write(path);
    const before = readFileSync(path);
    const open = (): unknown => openSqliteStore(folder);
    expect(open).toThrow(expect.objectContaining({ code: 'store.unusable', exitCode: 2 }));
    expect(open).toThrow(problem);
    expect(open).toThrow(/^[^\n]+$/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('needs a folder that can be written', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => openSqliteStore(join(file, 'runs'))).toThrow(
      expect.objectContaining({ code: 'runs.unwritable', exitCode: 2 }),
    );
  });
});
