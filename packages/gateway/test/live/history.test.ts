import { describe, expect, test } from '@jest/globals';
import type { EventType } from '@mnist-monitor/shared';
import { limits } from '../../src/limits.ts';
import type { Selection } from '../../src/live/frame-batch.ts';
import { History } from '../../src/live/history.ts';
import { everyType, setOf, type TypeSet } from '../../src/live/type-set.ts';
import type { EventPage, EventPageOptions, Store, StoredEvent } from '../../src/store/store.ts';

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

test('history of large events is read little more than once, in chunks of about 256 kB (S-38)', async () => {
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

test('history reports the seqs that are missing from the store when it reads all types (P-80)', async () => {
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

describe('the history of a run with batches', () => {
  const types = Array.from({ length: 12 }, (_, index): EventType => (index % 4 === 3 ? 'epoch' : 'batch'));
  /** Returns a history of 12 events, of which each fourth is an epoch, and the pages that it has requested. */
  function open(more: Partial<EventPage> = {}) {
    const requests: EventPageOptions[] = [];
    const page = async (_runId: string, request: EventPageOptions): Promise<EventPage> => {
      requests.push(request);
      const found = types
        .map((type, index): StoredEvent => ({ seq: index + 1, type, json: '{}' }))
        .filter(({ seq, type }) => seq > request.after && (request.types?.includes(type) ?? true))
        .slice(0, request.limit);
      const through = found.length < request.limit ? 12 : found.at(-1)!.seq;
      return { events: found, stream: 's', version: 1, through, more: through < 12, ...more };
    };
    const required: number[] = [];
    const history = new History({
      store: { page } as unknown as Store,
      channel: { runId: 'a', stream: 's', lastSeq: 12, requireVersion: (version) => required.push(version) },
      limits,
    });
    const read = async (selection: Partial<Selection>, lastSeq?: number) => {
      const { ranges, ...rest } = await history.read(
        { after: 0, types: everyType, batchesFrom: 0, ...selection },
        lastSeq,
      );
      return { ranges: ranges.map(({ first, last }) => [first, last]), ...rest };
    };
    return { read, requests, required };
  }

  test('is read without the batches that the viewer skips, up to the first that it needs', async () => {
    const { read, requests } = open();
    expect(await read({ batchesFrom: 10 })).toEqual({
      ranges: [
        [4, 4],
        [8, 8],
      ],
      missing: [],
      through: 9,
    });
    expect(requests[0]?.types).not.toContain('batch');
    expect(await read({ after: 9, batchesFrom: 10 })).toMatchObject({ ranges: [[10, 12]], through: 12 });
    expect(requests[1]?.types).toBeUndefined();
    expect(await read({ after: 8, batchesFrom: 10 })).toMatchObject({ ranges: [], through: 9 });
  });

  test('is not read where the viewer needs nothing but batches that it skips', async () => {
    const { read, requests } = open();
    const batches = setOf(['batch']);
    expect(await read({ types: batches, batchesFrom: 10 })).toEqual({ ranges: [], through: 9 });
    expect(await read({ types: batches, batchesFrom: 20 })).toEqual({ ranges: [], through: 12 });
    expect(requests).toEqual([]);
    expect(await read({ types: batches, after: 9, batchesFrom: 10 })).toMatchObject({ ranges: [[10, 11]] });
    expect(requests).toMatchObject([{ types: ['batch'] }]);
  });

  test('is read up to the given seq, including it', async () => {
    const { read } = open();
    expect(await read({}, 5)).toEqual({ ranges: [[1, 5]], missing: [], through: 5 });
    expect(await read({ batchesFrom: 10 }, 8)).toMatchObject({
      ranges: [
        [4, 4],
        [8, 8],
      ],
      through: 8,
    });
  });

  test('is another one when the store has another stream: nothing of it is returned', async () => {
    const { read, required } = open({ stream: 'other' });
    expect(await read({ after: 3 })).toEqual({ ranges: [], through: 3, isReplaced: true });
    expect(required).toEqual([]);
  });

  test('requires the version of its newest event, which may not be published yet', async () => {
    const { read, required } = open({ version: 2 });
    await read({});
    expect(required).toEqual([2]);
  });
});
