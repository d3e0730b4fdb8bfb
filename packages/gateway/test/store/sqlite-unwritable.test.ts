import { chmodSync, chownSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { temporaryFolder } from '../support/cleanup.ts';
import { rawEvent } from '../support/events.ts';
import { canRunUnprivileged, startUnprivileged } from '../support/process.ts';

/** Creates a folder of runs that the unprivileged user may write, except for one file. */
async function folderWith(unwritable: string): Promise<string> {
  const folder = temporaryFolder();
  const store = await openSqliteStore(folder);
  await store.append('a', [rawEvent(1, '{}')]);
  await store.close();
  // The log and its index exist only while a gateway runs, or after one was killed.
  writeFileSync(join(folder, unwritable), '', { flag: 'a' });
  chmodSync(folder, 0o777);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o666);
  chmodSync(join(folder, unwritable), 0o444);
  if (process.getuid?.() === 0) chownSync(join(folder, unwritable), 0, 0);
  return folder;
}

// Without a writable lock file, a second gateway could start; without another writable file, the first write would fail.
(canRunUnprivileged() ? test : test.skip).each([
  'monitor.db',
  'monitor.db-wal',
  'monitor.db-shm',
  'monitor.db-lock',
])('a gateway that may not write %s is refused at start, in one line (S-50)', async (name) => {
  const folder = await folderWith(name);
  const { ended } = startUnprivileged(['--port', '0', '--ingest-port', '0', '--runs', folder]);
  const { code, stdout, stderr } = await ended;
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^the database \S+ cannot be written \(EACCES\)[^\n]+\n$/);
  expect(stderr).toContain(join(folder, name === 'monitor.db-lock' ? name : 'monitor.db'));
});
