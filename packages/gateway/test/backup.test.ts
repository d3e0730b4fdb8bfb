import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { type Store, toNewEvent } from '../src/store/store.ts';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { asStored } from './support/events.ts';

const main = fileURLToPath(new URL('../src/backup-main.js', import.meta.url));
const run = sampleRun({ runId: 'a', epochs: 10, batchesPerEpoch: 100 }).map(toNewEvent);

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

const backup = (...flags: string[]): Promise<Result> =>
  promisify(execFile)(process.execPath, [main, ...flags], { env: {} }).then(
    (output) => ({ code: 0, ...output }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

async function storeIn(folder: string): Promise<Store> {
  const store = await openSqliteStore(folder);
  afterTest(() => store.close());
  await store.append('a', run.slice(0, 50));
  return store;
}

/** Opens a copy of a database as a store in a folder of its own. */
async function storeFrom(copy: string): Promise<Store> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'monitor.db'), readFileSync(copy));
  const store = await openSqliteStore(folder);
  afterTest(() => store.close());
  return store;
}

describe('a backup', () => {
  test('is a complete copy of one moment, made while events are written', async () => {
    const runs = temporaryFolder();
    const store = await storeIn(runs);
    await store.annotate('a', { title: 'kept' });
    const to = join(temporaryFolder(), 'deeper', 'copy.db');
    let done = false;
    const made = backup('--runs', runs, '--to', to).finally(() => {
      done = true;
    });
    let written = 50;
    for (; !done && written < run.length; written++) {
      await store.append('a', run.slice(written, written + 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { code, stdout, stderr } = await made;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\S+copy\.db: 1 run, \d+ events, \d+\.\d MB, checked\n$/);

    const copy = await storeFrom(to);
    const { events } = await copy.page('a', { after: 0, limit: 2_000 });
    expect(events).toEqual(asStored(run.slice(0, events.length)));
    expect(events.length).toBe(Number(/(\d+) events/.exec(stdout)![1]));
    expect(events.length).toBeGreaterThanOrEqual(50);
    expect(events.length).toBeLessThanOrEqual(written);
    expect(await copy.summary('a')).toMatchObject({ title: 'kept' });
    expect(await copy.append('a', run)).toBe(run.length);
    expect(await store.lastSeq('a')).toBe(written);
    expect(readdirSync(dirname(to))).toEqual([basename(to)]);
  });

  test('replaces no existing file', async () => {
    const runs = temporaryFolder();
    await storeIn(runs);
    const to = join(temporaryFolder(), 'mine');
    writeFileSync(to, 'precious');
    expect(await backup('--runs', runs, '--to', to)).toEqual({
      code: 2,
      stdout: '',
      stderr: `no backup was made: ${to} already exists\n`,
    });
    expect(readFileSync(to, 'utf8')).toBe('precious');
    expect(readdirSync(dirname(to))).toEqual(['mine']);
  });

  test.each<[string, (runs: string) => void, RegExp]>([
    ['there is no database', () => {}, /^expected a database at \S+monitor\.db, found none: [^\n]+\n$/],
    [
      'the file is not a database',
      (runs) => writeFileSync(join(runs, 'monitor.db'), 'x'),
      /is not a SQLite database/,
    ],
  ])('is not made when %s, and nothing is written', async (_why, prepare, message) => {
    const runs = temporaryFolder();
    prepare(runs);
    const before = readdirSync(runs);
    const folder = temporaryFolder();
    const { code, stdout, stderr } = await backup('--runs', runs, '--to', join(folder, 'copy.db'));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync(runs)).toEqual(before);
  });

  test('is not made of a damaged database', async () => {
    const runs = temporaryFolder();
    const store = await openSqliteStore(runs);
    await store.append('a', run);
    await store.close();
    const path = join(runs, 'monitor.db');
    writeFileSync(path, readFileSync(path).fill(7, 40_960, 60_000));
    const folder = temporaryFolder();
    const { code, stderr } = await backup('--runs', runs, '--to', join(folder, 'copy.db'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^no backup was made: [^\n]+\n$/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
