import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { rawEvent } from '../support/events.ts';

const opened = async (folder: string): Promise<Store> => {
  const store = await openSqliteStore(folder);
  afterTest(() => store.close());
  return store;
};
const event = rawEvent(1, '{}');
const inUse = expect.objectContaining({ code: 'store.in_use', exitCode: 2 });

describe('a folder of runs', () => {
  test('is locked by one store at a time: another is refused in one line until the first has closed (S-50)', async () => {
    const folder = temporaryFolder();
    const first = await opened(folder);
    const open = (): Promise<Store> => openSqliteStore(folder);
    await expect(open()).rejects.toThrow(inUse);
    await expect(open()).rejects.toThrow(
      /^another gateway uses \S+: stop it, or choose another folder with --runs$/,
    );
    expect(await first.append('a', [event])).toBe(1);
    await first.close();
    expect(await (await opened(folder)).lastSeq('a')).toBe(1);
  });

  test('is unlocked when the database could not be opened', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'monitor.db'));
    for (const _ of [1, 2])
      await expect(openSqliteStore(folder)).rejects.toThrow(
        expect.objectContaining({ code: 'store.unusable' }),
      );
    rmSync(join(folder, 'monitor.db'), { recursive: true });
    await opened(folder);
  });

  test('stays locked when it was deleted and is restored (S-52)', async () => {
    const folder = join(temporaryFolder(), 'runs');
    const store = await opened(folder);
    await store.append('a', [event]);
    rmSync(folder, { recursive: true });
    await expect(store.check()).rejects.toThrow(expect.objectContaining({ code: 'store.vanished' }));
    await store.check();
    await expect(openSqliteStore(folder)).rejects.toThrow(inUse);
  });

  test('that has lost its lock file is written by one gateway only: the one that has the new lock (S-50)', async () => {
    const folder = temporaryFolder();
    const first = await opened(folder);
    await first.append('a', [event]);
    rmSync(join(folder, 'monitor.db-lock'));
    const second = await opened(folder);
    expect(await second.append('a', [event, rawEvent(2, '{}')])).toBe(2);
    await expect(first.append('a', [rawEvent(2, '[]')])).rejects.toThrow(
      expect.objectContaining({ code: 'store.vanished' }),
    );
    for (const _ of [1, 2]) await expect(first.check()).rejects.toThrow(inUse);
    await second.close();
    await first.check();
    expect(await first.append('a', [rawEvent(3, '{}')])).toBe(3);
  });

  test('that has lost its lock file is locked again', async () => {
    const folder = temporaryFolder();
    const store = await opened(folder);
    rmSync(join(folder, 'monitor.db-lock'));
    await expect(store.check()).rejects.toThrow(expect.objectContaining({ code: 'store.vanished' }));
    await store.check();
    expect(await store.append('a', [event])).toBe(1);
    await expect(openSqliteStore(folder)).rejects.toThrow(inUse);
  });

  test('whose lock cannot be used is refused in one line', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'monitor.db-lock'));
    const open = (): Promise<Store> => openSqliteStore(folder);
    await expect(open()).rejects.toThrow(expect.objectContaining({ code: 'store.unusable' }));
    await expect(open()).rejects.toThrow(/^the database \S+monitor\.db-lock cannot be used \([^\n]+$/);
  });

  test('whose lock file is another file is refused as one that cannot be used, not as in use', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'monitor.db-lock'), 'a text that is no database');
    await expect(openSqliteStore(folder)).rejects.toThrow(
      expect.objectContaining({
        code: 'store.unusable',
        message: expect.stringMatching(/^the database \S+monitor\.db-lock cannot be used \([^\n]+$/),
      }),
    );
  });

  test('whose database is a link to a missing folder is refused in one line', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'missing', 'monitor.db'), join(folder, 'monitor.db'));
    await expect(openSqliteStore(folder)).rejects.toThrow(
      expect.objectContaining({
        code: 'store.unusable',
        message: expect.stringMatching(/^the database \S+monitor\.db cannot be used \([^\n]+$/),
      }),
    );
  });
});
