import { beforeEach, describe, expect, test } from '@jest/globals';
import { type MonitorEvent, type RunListQuery, runListQuerySchema, validate } from '@mnist-monitor/shared';
import { RunIndex } from '../../src/runs/run-index.ts';
import { selectRuns } from '../../src/runs/run-list.ts';
import { DamagedRunError } from '../../src/store/damaged-run.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { MemoryStore } from '../support/memory-store.ts';

describe('the list of runs', () => {
  let store: MemoryStore;
  let index: RunIndex;
  beforeEach(async () => {
    store = new MemoryStore();
    index = new RunIndex({
      store,
      runs: { stateOf: () => ({ status: 'running', connected: false, commands: [] }) },
    });
  });

  async function add(runId: string, data: object = {}): Promise<void> {
    const started = { v: 1, runId, seq: 1, time: '2026-12-01T10:00:00.000Z', type: 'run.started' };
    await store.append(runId, [toNewEvent({ ...started, data: { config: {}, ...data } } as MonitorEvent)]);
  }
  async function select(query: Record<string, string> = {}) {
    const result = validate(runListQuerySchema, query);
    if (!result.ok) throw new Error(JSON.stringify(result.error.issues));
    return selectRuns({ store, index }, result.value as RunListQuery);
  }
  /** Resolves with the ids on each page. */
  async function pages(query: Record<string, string>): Promise<string[]> {
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await select({ ...query, ...(cursor && { cursor }) });
      found.push(page.runIds.join(' '));
      cursor = page.nextCursor;
    }
    return found;
  }

  test('ends with the page that contains the last run, also if that is full', async () => {
    for (const runId of ['a', 'b', 'c', 'd']) await add(runId);
    expect(await pages({ limit: '2' })).toEqual(['d c', 'b a']);
    expect(await pages({ limit: '3' })).toEqual(['d c b', 'a']);
    expect(await pages({ limit: '4' })).toEqual(['d c b a']);
    expect(await select({ limit: '4' })).toMatchObject({ total: 4, nextCursor: null });
    expect(await select({ cursor: '0-0' })).toEqual({ total: 4, runIds: [], nextCursor: null });
    expect(await select({ search: 'nothing' })).toEqual({ total: 0, runIds: [], nextCursor: null });
  });

  test('continues after its cursor in every order, with numbers, texts and without a value', async () => {
    await add('a', { config: { width: 8 } });
    await add('b', { config: { width: 'narrow' } });
    await add('c', { config: { width: 16 } });
    await add('d', { config: { width: null } });
    await add('e', { config: { width: 'wide' } });
    await add('f');
    // Numbers come before texts, and runs without a value last.
    const ascending = { sort: 'config.width', direction: 'ascending' };
    expect(await pages({ ...ascending, limit: '1' })).toEqual(['a', 'c', 'b', 'e', 'f', 'd']);
    const descending = { sort: 'config.width', direction: 'descending' };
    expect(await pages({ ...descending, limit: '1' })).toEqual(['e', 'b', 'c', 'a', 'f', 'd']);
    await store.annotate('c', { pinned: true });
    await store.annotate('f', { pinned: true });
    expect(await pages({ ...ascending, order: 'pinned', limit: '1' })).toEqual([
      'c',
      'f',
      'a',
      'b',
      'e',
      'd',
    ]);
    expect(await pages({ ...ascending, limit: '1' })).toEqual(['a', 'c', 'b', 'e', 'f', 'd']);
    const started = { order: 'pinned', direction: 'ascending', limit: '2' };
    expect(await pages(started)).toEqual(['c f', 'a b', 'd e']);
  });

  test('has runs with equal values in the order of their start, the newest first', async () => {
    for (const runId of ['a', 'b', 'c']) await add(runId, { config: { width: 8 } });
    for (const direction of ['ascending', 'descending'])
      expect(await pages({ sort: 'config.width', direction, limit: '1' })).toEqual(['c', 'b', 'a']);
  });

  test('is searched by what a run contains, and by nothing else', async () => {
    await add('a', {
      ...{ name: 'First', tags: ['sweep', 'small'] },
      ...{ config: { width: 8, depth: null }, dataset: { name: 'Wine' } },
      device: { engine: 'plain', kind: 'cpu', name: 'any' },
    });
    await store.annotate('a', { title: 'Título', note: 'x'.repeat(9_999) });
    await add('b');
    const [a, b] = await index.read(await store.runs({ limit: 9 })).then((runs) => runs.reverse());
    expect(a!.text).toBe(`título first sweep small a ${'x'.repeat(9_999)} plain on cpu wine width 8`);
    expect(b!.text.replace(/\s+/g, ' ')).toBe(' b ');
    expect(await select({ search: 'SWEEP  wine' })).toMatchObject({ total: 1, runIds: ['a'] });
    expect(await select({ search: 'sweep running' })).toMatchObject({ runIds: ['a'] });
    expect(await select({ search: '  ' })).toMatchObject({ runIds: ['b', 'a'] });
    await add('c', { device: { kind: 'gpu', name: 'any' } });
    expect(await select({ search: 'on gpu' })).toMatchObject({ runIds: ['c'] });
  });

  test('has damaged runs when it is not searched: last, where it is sorted by a value', async () => {
    for (const runId of ['a', 'b', 'c']) await add(runId, { config: { width: 8 } });
    const summary = store.summary.bind(store);
    store.summary = async (runId) => {
      if (runId === 'b') throw new DamagedRunError('b', 'event 1 cannot be read');
      return summary(runId);
    };
    expect(await select()).toMatchObject({ runIds: ['c', 'b', 'a'] });
    expect(await select({ sort: 'config.width' })).toMatchObject({ runIds: ['c', 'a', 'b'] });
    expect(await select({ search: 'width' })).toMatchObject({ total: 2, runIds: ['c', 'a'] });
    store.summary = () => Promise.reject(new Error('an internal error'));
    await add('d');
    await expect(select({ search: 'width' })).rejects.toThrow('an internal error');
  });

  test('reads only the summaries of runs that have changed since the last search', async () => {
    for (const runId of ['a', 'b']) await add(runId);
    await select({ search: 'a' });
    const read: string[] = [];
    const summary = store.summary.bind(store);
    store.summary = (runId) => {
      read.push(runId);
      return summary(runId);
    };
    await store.annotate('b', { title: 'Larger' });
    expect(await select({ search: 'larger' })).toMatchObject({ runIds: ['b'] });
    expect(read).toEqual(['b']);
  });
});
