import { describe, expect, test } from '@jest/globals';
import { errorCodes, MonitorError } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { DamagedRunError } from '../../src/store/damaged-run.ts';
import {
  closeCodeAfter,
  HealthCheckedStore,
  isStoreError,
  publicMessage,
  type StoreFailure,
  storeStateMessage,
} from '../../src/store/health-checked-store.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { afterTest } from '../support/cleanup.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { until } from '../support/until.ts';
import { storeSuite } from './store-suite.ts';

const stored = sampleRun({ runId: 'a' }).map(toNewEvent);
const full = new MonitorError('store.full', 'no space is left');

storeSuite(
  'a health-checked store',
  () =>
    new HealthCheckedStore({
      ...{ store: new MemoryStore(), checkIntervalMs: 1_000, stallMs: 60_000, closeTimeoutMs: 60_000 },
    }),
);

function checkedStore(checkIntervalMs: number, stallMs = 60_000) {
  const store = new MemoryStore();
  const reported: (StoreFailure | undefined)[] = [];
  const checked = new HealthCheckedStore({ store, checkIntervalMs, stallMs, closeTimeoutMs: 60_000 });
  checked.onHealthChange((failure) => reported.push(failure));
  afterTest(() => checked.close());
  return { store, checked, reported };
}

describe('a health-checked store', () => {
  test('reads at most four pages at a time (S-38)', async () => {
    const { store, checked } = checkedStore(60_000);
    await checked.append('a', stored);
    const answers: (() => void)[] = [];
    const page = store.page.bind(store);
    store.page = async (...options) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return page(...options);
    };
    const pages = Array.from({ length: 6 }, () => checked.page('a', { after: 0, limit: 2 }));
    expect(answers).toHaveLength(4);
    for (const answer of answers.splice(0)) answer();
    await until(() => answers.length === 2);
    for (const answer of answers) answer();
    expect((await Promise.all(pages)).map(({ events }) => events.length)).toEqual(Array(6).fill(2));
  });

  test('reports a failure once, and its end as soon as it works again', async () => {
    const { store, checked, reported } = checkedStore(20);
    const { append, check } = store;
    store.append = () => Promise.reject(full);
    store.check = () => Promise.reject(full);
    for (const _ of [1, 2]) await expect(checked.append('a', stored)).rejects.toBe(full);
    expect(reported).toEqual([{ code: 'store.full', message: 'no space is left', since: expect.any(Date) }]);
    expect(checked.failure).toEqual(reported[0]);
    Object.assign(store, { append, check });
    await until(() => checked.failure === undefined);
    expect(reported).toHaveLength(2);
    expect(await checked.append('a', stored.slice(0, 2))).toBe(2);
  });

  test('detects a failure by its own checks, and keeps the time of the first one', async () => {
    const { store, checked, reported } = checkedStore(5);
    store.check = () => Promise.reject(full);
    await until(() => checked.failure !== undefined);
    const { since } = checked.failure!;
    store.check = () => Promise.reject(new MonitorError('store.read_only', 'nothing may be written'));
    await until(() => reported.length === 2);
    expect(checked.failure).toMatchObject({ code: 'store.read_only', since });
  });

  test('works again as soon as an append succeeds', async () => {
    const { store, checked, reported } = checkedStore(60_000);
    const { append } = store;
    store.append = () => Promise.reject(full);
    await expect(checked.append('a', stored)).rejects.toBe(full);
    store.append = append;
    await checked.append('a', stored);
    expect([reported.length, checked.failure]).toEqual([2, undefined]);
  });

  test('does not count a caller’s error as a failure', async () => {
    const { checked, reported } = checkedStore(1_000);
    await expect(checked.append('a', stored.slice(3))).rejects.toThrow(RangeError);
    expect(reported).toEqual([]);
  });

  test('reports a failure when a write does not end in time, and that the store works again when it ends', async () => {
    const { store, checked, reported } = checkedStore(60_000, 10);
    let release = (): void => {};
    store.pause = () => new Promise((resolve) => (release = resolve));
    const appended = checked.append('a', stored);
    await until(() => checked.failure !== undefined);
    expect(checked.failure).toMatchObject({ code: 'store.stalled' });
    store.pause = async () => {};
    release();
    expect(await appended).toBe(stored.length);
    expect([reported.length, checked.failure]).toEqual([2, undefined]);
  });

  test.each([
    ['an annotation', 'annotate', { title: 'x' }],
    ['a removal', 'remove', undefined],
    ['a new stream id', 'renewStream', 'stream'],
  ] as const)('reports a failure when %s does not end in time', async (_what, method, argument) => {
    const { store, checked } = checkedStore(60_000, 10);
    store[method] = () => new Promise(() => {});
    void (checked[method] as (runId: string, argument: unknown) => Promise<boolean>)('a', argument);
    await until(() => checked.failure !== undefined);
    expect(checked.failure).toMatchObject({ code: 'store.stalled' });
  });

  test('does not report reads of a store that is closed on purpose as failures', async () => {
    const { store, checked, reported } = checkedStore(60_000);
    store.summary = () => Promise.reject(new MonitorError('store.failing', 'the database is not open'));
    await checked.close();
    await expect(checked.summary('a')).rejects.toMatchObject({ code: 'store.failing' });
    expect(reported).toEqual([]);
  });

  test('does not wait for a check that does not end', async () => {
    const { store, checked } = checkedStore(60_000, 10);
    store.check = () => new Promise(() => {});
    await expect(checked.check()).rejects.toMatchObject({ code: 'store.stalled' });
  });
});

describe('a failure of the store for clients', () => {
  const failure = new MonitorError('store.full', 'no space is left for /secret/monitor.db');
  const damage = new DamagedRunError('a', 'event 3 cannot be read', '/secret/monitor.db');

  test('is described without its path, and a damaged run by its problem', () => {
    expect(publicMessage(failure)).toBe(errorCodes['store.full'].meaning);
    expect(publicMessage(damage)).toBe('run a is damaged: event 3 cannot be read');
    expect(storeStateMessage({ code: failure.code, message: failure.message, since: new Date() })).toEqual({
      ...{ type: 'store', state: 'failing', message: errorCodes['store.full'].meaning },
    });
    expect(storeStateMessage(undefined)).toEqual({ type: 'store', state: 'ok', message: '' });
  });

  test('closes a connection with a code that permits another try unless its run is damaged', () => {
    expect([closeCodeAfter(failure), closeCodeAfter(damage)]).toEqual(['storeUnavailable', 'runDamaged']);
  });

  test('is one of the store or of a run, and no other error', () => {
    const others = [new Error('x'), new MonitorError('run.not_found', 'x'), undefined];
    expect([failure, damage, ...others].map(isStoreError)).toEqual([true, true, false, false, false]);
  });
});
