import { describe, expect, test } from '@jest/globals';
import { firstEvents, listAllRuns, readPages } from '../../src/store/pages.ts';
import type { EventPage, RunListEntry, RunListOptions, Store, StoredEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';

const event = (seq: number, length = 10): StoredEvent => ({
  ...{ seq, type: 'notice' as const },
  json: 'x'.repeat(length),
});
const events = (first: number, last: number, length?: number): StoredEvent[] =>
  range(first, last).map((seq) => event(seq, length));

/** Returns a store of one run, and the number of events of each page that was read. */
function storeOf(stored: readonly StoredEvent[], more: Partial<Store> = {}) {
  const reads: number[] = [];
  const store = {
    async page(_runId: string, { after, limit }: { after: number; limit: number }): Promise<EventPage> {
      const found = stored.filter(({ seq }) => seq > after).slice(0, limit);
      reads.push(found.length);
      const through = found.at(-1)?.seq ?? after;
      return { events: found, stream: 's', version: 1, through, more: through < (stored.at(-1)?.seq ?? 0) };
    },
    lastSeq: async () => stored.at(-1)?.seq ?? 0,
    ...more,
  } as unknown as Store;
  return { store, reads };
}

async function readAll(store: Store, options: Partial<Parameters<typeof readPages>[1]> = {}) {
  const pages: { seqs: number[]; through: number }[] = [];
  for await (const { events, through } of readPages(store, { runId: 'a', to: 300, ...options }))
    pages.push({ seqs: events.map(({ seq }) => seq), through });
  return pages;
}

describe('the first events of a page', () => {
  test.each([
    ['all that fit exactly', 30, [1, 2, 3], 9],
    ['those before the first that does not fit', 29, [1, 2], 2],
    ['one, even if it does not fit', 5, [1], 1],
  ])('are %s', (_what, bytes, seqs, through) => {
    const first = firstEvents({ events: events(1, 3), through: 9 }, bytes);
    expect([first.events.map(({ seq }) => seq), first.through]).toEqual([seqs, through]);
  });

  test('reach the end of the page when only one larger event is on it', () => {
    expect(firstEvents({ events: [event(4, 50)], through: 9 }, 20)).toEqual({
      events: [event(4, 50)],
      through: 9,
    });
    expect(firstEvents({ events: [], through: 9 }, 20)).toEqual({ events: [], through: 9 });
  });
});

describe('the pages of a run', () => {
  test('grow from 8 events to 100, and end at the given seq', async () => {
    const { store, reads } = storeOf(events(1, 400));
    const pages = await readAll(store);
    expect(reads).toEqual([8, 16, 32, 64, 100, 100]);
    expect(pages.flatMap(({ seqs }) => seqs)).toEqual(range(1, 300));
    expect(pages.at(-1)).toEqual({ seqs: range(221, 300), through: 300 });
  });

  test('have at most 64 kB, or one event, and the next ones are as small', async () => {
    const { store, reads } = storeOf(events(1, 20, 30_000));
    const pages = await readAll(store, { after: 2, to: 12 });
    expect(pages.map(({ seqs }) => seqs)).toEqual([
      [3, 4],
      [5, 6],
      [7, 8],
      [9, 10],
      [11, 12],
    ]);
    expect(reads[0]).toBe(8);
    expect(Math.max(...reads.slice(1))).toBeLessThanOrEqual(4);
  });

  test('are not read after the last one, nor after an abort', async () => {
    const { store, reads } = storeOf(events(1, 300));
    expect(await readAll(store, { after: 300 })).toEqual([]);
    expect(await readAll(store, { signal: AbortSignal.abort() })).toEqual([]);
    expect(reads).toEqual([]);
  });

  test.each([
    ['in the middle', [...events(1, 3), ...events(5, 300)], 'event 4 is missing from the store'],
    ['at the beginning', events(2, 300), 'event 1 is missing from the store'],
  ])('with an event missing %s are not returned', async (_where, stored, message) => {
    await expect(readAll(storeOf(stored).store)).rejects.toThrow(`run a is damaged: ${message}`);
  });

  test('of selected types have gaps', async () => {
    const { store } = storeOf([...events(1, 3), ...events(5, 300)]);
    const pages = await readAll(store, { types: ['notice'] });
    expect(pages.flatMap(({ seqs }) => seqs)).toEqual([1, 2, 3, ...range(5, 300)]);
  });

  test('of a run that ends earlier report that it was removed, or which event is missing', async () => {
    const { store } = storeOf(events(1, 5));
    await expect(readAll(store)).rejects.toMatchObject({
      code: 'run.not_found',
      message: 'run a was removed while it was read',
    });
    const damaged = storeOf(events(1, 5), { lastSeq: async () => 300 });
    await expect(readAll(damaged.store, { types: ['notice'] })).rejects.toThrow('event 6 is missing');
  });

  test.each([
    [3, true],
    [4, false],
  ])('up to seq 3 fail for an event %d that cannot be read: %p', async (unreadable, fails) => {
    const { store } = storeOf(events(1, 9));
    const page = store.page.bind(store);
    store.page = async (...args) => ({ ...(await page(...args)), unreadable: [unreadable] });
    const reading = readAll(store, { to: 3 });
    if (fails) await expect(reading).rejects.toThrow('event 3 cannot be read');
    else expect(await reading).toEqual([{ seqs: [1, 2, 3], through: 3 }]);
  });
});

test('all runs are listed in chunks of 500, each once', async () => {
  const entries = range(1, 1_000).map(
    (number): RunListEntry => ({ runId: `${number}`, position: 1_001 - number, pinned: false, change: '' }),
  );
  const asked: RunListOptions[] = [];
  const list = async (options: RunListOptions) => {
    asked.push(options);
    return entries.filter(({ position }) => position < (options.before ?? Infinity)).slice(0, options.limit);
  };
  expect(await listAllRuns({ runs: list })).toEqual(entries);
  expect(asked.map(({ before }) => before)).toEqual([undefined, 501, 1]);
});
