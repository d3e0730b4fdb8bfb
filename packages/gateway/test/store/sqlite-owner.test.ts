import { describe, expect, test } from '@jest/globals';
import { connectReader, databasePath, openDatabase } from '../../src/store/sqlite-file.ts';
import { SqliteQueries } from '../../src/store/sqlite-queries.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { rawEvent } from '../support/events.ts';

/** Opens two connections to one database, like two gateways of which the second has evaded every lock. */
function twoOwners(): [SqliteQueries, SqliteQueries, folder: string] {
  const folder = temporaryFolder();
  const databases = [openDatabase(folder), openDatabase(folder)];
  for (const database of databases) afterTest(() => database.close());
  const [first, second] = databases.map((database) => new SqliteQueries(database));
  return [first!, second!, folder];
}

const append = { runId: 'a', events: [rawEvent(1, '{}')], version: 1 as const, metricNames: [] };
const inUse = expect.objectContaining({ code: 'store.in_use' });

describe('a database that another gateway has claimed', () => {
  test.each<[string, (queries: SqliteQueries) => unknown]>([
    ['append', (queries) => queries.appendAll([append])],
    ['annotate', (queries) => queries.annotate('b', { title: 'ours' })],
    ['remove', (queries) => queries.remove('b')],
    ['delete removed events', (queries) => queries.deleteRemovedEvents(10)],
  ])('refuses the earlier owner to %s, and nothing is changed (S-50)', (_what, change) => {
    const [first, second] = twoOwners();
    first.claim('first');
    first.appendAll([
      { ...append, runId: 'b' },
      { ...append, runId: 'c' },
    ]);
    first.remove('c');
    second.claim('second');
    expect(() => change(first)).toThrow(inUse);
    expect(second.lastSeq('a')).toBe(0);
    expect(second.summary('b')).toMatchObject({ title: null });
    expect(second.appendAll([append])).toEqual([1]);
  });

  test('belongs to the earlier owner again when that claims it', () => {
    const [first, second] = twoOwners();
    second.claim('second');
    first.claim('first');
    expect(first.appendAll([append])).toEqual([1]);
    expect(() => second.appendAll([append])).toThrow(inUse);
  });

  test('is not written by a connection that reads', () => {
    const [first, , folder] = twoOwners();
    first.claim('first');
    const database = connectReader(databasePath(folder));
    afterTest(() => database.close());
    expect(() => new SqliteQueries(database).claim('reader')).toThrow(/readonly/);
  });
});
