import { execFile } from 'node:child_process';
import { cpSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { sampleRun, timeFactor } from '@mnist-monitor/shared/testing';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { type Store, toNewEvent } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { asStored, largeEvents } from '../support/events.ts';
import { until } from '../support/until.ts';
import { storeSuite } from './store-suite.ts';

const events = sampleRun({ runId: 'a' }).map(toNewEvent);

const sizeOf = (folder: string): number => statSync(join(folder, 'monitor.db')).size;

const opened = async (folder: string): Promise<Store> => {
  const store = await openSqliteStore(folder);
  afterTest(() => store.close());
  return store;
};

storeSuite('the SQLite store', () => openSqliteStore(temporaryFolder()));

describe('the SQLite store’s file', () => {
  test('contains everything when it is opened again', async () => {
    const folder = temporaryFolder();
    const first = await openSqliteStore(folder);
    await first.append('a', events);
    await first.annotate('a', { title: 'First', pinned: true });
    await first.close();
    const second = await opened(folder);
    expect(await second.append('a', events.slice(-2))).toBe(events.length);
    expect((await second.page('a', { after: 0, limit: 1_000 })).events).toEqual(asStored(events));
    expect(await second.summary('a')).toMatchObject({ title: 'First', pinned: true });
  });

  test('contains what was committed when the process ends without closing it', async () => {
    const folder = temporaryFolder();
    const left = await opened(folder);
    await left.append('a', events.slice(0, 5));
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    expect(await (await opened(copy)).lastSeq('a')).toBe(5);
  });

  test('ends a page after 4 MB, and continues from there', async () => {
    const store = await opened(temporaryFolder());
    await store.append('a', largeEvents(450));
    const page = await store.page('a', { after: 0, limit: 1_000 });
    expect(page).toMatchObject({ through: 300, more: true });
    expect(await store.page('a', { after: 300, limit: 1_000 })).toMatchObject({ through: 450, more: false });
  });

  test('shrinks after a run was removed', async () => {
    const folder = temporaryFolder();
    const store = await openSqliteStore(folder);
    await store.append('a', largeEvents(250));
    await store.append('b', events.slice(0, 3));
    await store.remove('a');
    expect(sizeOf(folder)).toBeGreaterThan(4_000_000);
    await until(() => sizeOf(folder) < 400_000);
    expect(await store.lastSeq('b')).toBe(3);
    await store.close();
  });

  test('continues a removal that was interrupted by the end of the process', async () => {
    const folder = temporaryFolder();
    const first = await openSqliteStore(folder);
    await first.append('a', largeEvents(450));
    await first.remove('a');
    await first.close();
    expect(sizeOf(folder)).toBeGreaterThan(4_000_000);
    const second = await openSqliteStore(folder);
    expect(await second.runs({ limit: 10 })).toEqual([]);
    await until(() => sizeOf(folder) < 400_000);
    await second.close();
  });
});

describe('an open SQLite store', () => {
  test('reads a summary once for each change of the run', async () => {
    const store = await opened(temporaryFolder());
    await store.append('a', events.slice(0, 3));
    const first = await store.summary('a');
    expect(await store.summary('a')).toBe(first);
    await store.append('b', sampleRun({ runId: 'b' }).slice(0, 1).map(toNewEvent));
    expect(await store.summary('a')).toBe(first);
    await store.append('a', events.slice(3, 5));
    expect(await store.summary('a')).toMatchObject({ lastSeq: 5 });
  });

  test('refuses every call after it was closed', async () => {
    const store = await opened(temporaryFolder());
    await store.append('a', events.slice(0, 3));
    await store.close();
    const closed = expect.objectContaining({ code: 'store.failing', message: 'the database is closed' });
    await expect(store.append('a', events.slice(3, 5))).rejects.toEqual(closed);
    await expect(store.lastSeq('a')).rejects.toEqual(closed);
  });

  test('keeps its process alive during calls only', async () => {
    const folder = temporaryFolder();
    const module = new URL('../../src/store/sqlite-store.js', import.meta.url);
    const program = `
      import { openSqliteStore } from ${JSON.stringify(module.href)};
      const store = await openSqliteStore(process.argv[2]);
      store.annotate('a', { title: 'x' }).then(console.log);`;
    const file = join(temporaryFolder(), 'program.mjs');
    writeFileSync(file, program);
    const { stdout } = await promisify(execFile)(process.execPath, [file, folder], {
      timeout: Math.round(20_000 * timeFactor()),
    });
    expect(stdout).toBe('false\n');
  }, 60_000);
});
