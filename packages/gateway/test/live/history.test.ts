import { expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import { History } from '../../src/live/history.ts';
import { everyType, setOf, type TypeSet } from '../../src/live/type-set.ts';
import type { EventPage, Store, StoredEvent } from '../../src/store/store.ts';

/** Returns a store of one run with events of the given sizes, and a list with the number of events of each read page. */
function storeOf(sizes: readonly number[]) {
  const events = sizes.map(
    (size, index): StoredEvent => ({
      ...{ seq: index + 1, type: 'samples' },
      json: JSON.stringify('x'.repeat(size)),
    }),
  );
  const reads: number[] = [];
  const page = async (
    _runId: string,
    { after, limit }: { after: number; limit: number },
  ): Promise<EventPage> => {
    const found = events.slice(after, after + limit);
    reads.push(found.length);
    return {
      events: found,
      stream: 's',
      version: 1,
      through: after + found.length,
      more: after + found.length < events.length,
    };
  };
  return { store: { page } as unknown as Store, reads };
}

async function readAll(
  store: Store,
  count: number,
): Promise<{ first: number; last: number; bytes: number }[]> {
  const history = new History({
    store,
    channel: { runId: 'a', stream: 's', lastSeq: 12, requireVersion() {} },
    limits,
  });
  const chunks = [];
  for (let after = 0; after < count; ) {
    const { ranges, through } = await history.read({ after, types: everyType, batchesFrom: 0 });
    chunks.push(...ranges.map(({ first, last, frames }) => ({ first, last, bytes: frames.length })));
    after = through;
  }
  return chunks;
}

test('history of large events is read little more than once, in chunks of about 256 kB', async () => {
  const { store, reads } = storeOf(Array(100).fill(100_000));
  const chunks = await readAll(store, 100);
  expect(chunks.every(({ bytes }) => bytes <= limits.unreadBytes)).toBe(true);
  expect(chunks.map(({ first }) => first)).toEqual([1, ...chunks.slice(0, -1).map(({ last }) => last + 1)]);
  expect(Math.max(...reads)).toBe(16);
  expect(reads.reduce((sum, count) => sum + count, 0)).toBeLessThan(200);
});

test('history of small events is soon read in full pages', async () => {
  const { store, reads } = storeOf(Array(3_000).fill(100));
  await readAll(store, 3_000);
  expect(reads.slice(0, 7)).toEqual([16, 32, 64, 128, 256, 500, 500]);
});

test('history reports the seqs that are missing from the store when it reads all types', async () => {
  const stored = [3, 4, 8, 9, 12].map((seq): StoredEvent => ({ seq, type: 'samples', json: '{}' }));
  const page = async (): Promise<EventPage> => ({
    ...{ events: stored, stream: 's', version: 1, through: 12, more: false },
  });
  const options = { store: { page } as unknown as Store, limits };
  const history = new History({
    ...options,
    channel: { runId: 'a', stream: 's', lastSeq: 12, requireVersion() {} },
  });
  const read = (types: TypeSet) => history.read({ after: 0, types, batchesFrom: 0 });
  expect(await read(everyType)).toMatchObject({
    missing: [
      { first: 1, last: 2 },
      { first: 5, last: 7 },
      { first: 10, last: 11 },
    ],
    through: 12,
  });
  // Events of other types may have these seqs.
  expect(await read(setOf(['samples']))).toMatchObject({ missing: [], through: 12 });
});
