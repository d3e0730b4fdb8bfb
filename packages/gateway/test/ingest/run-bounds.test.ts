import { describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { RunBounds, RunBoundsCache } from '../../src/ingest/run-bounds.ts';
import { limits } from '../../src/limits.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { startGateway } from '../support/gateway.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { helloOf, openPublisher } from '../support/publisher.ts';

const [started] = sampleRunOfVersion2('a') as [MonitorEvent];
const figureOf = (seq: number, seconds: number): MonitorEvent => {
  const figure = sampleRunOfVersion2('a').find(({ type }) => type === 'figure')!;
  return { ...figure, seq, time: new Date(Date.UTC(2026, 10, 30) + seconds * 1_000).toISOString() };
};
const metricsOf = (seq: number, names: string[]): MonitorEvent => ({
  ...started,
  seq,
  type: 'metrics',
  data: { step: seq, metrics: Object.fromEntries(names.map((name) => [name, 1])) },
});
const hello = helloOf('a', { protocol: 2 });

/** Publishes events, and returns the seqs that were rejected, with the message of each. */
async function rejections(
  gateway: { ingestUrl: string },
  events: readonly MonitorEvent[],
): Promise<[seq: number, message: string][]> {
  const publisher = await openPublisher(gateway.ingestUrl, hello);
  publisher.send(events);
  const messages = await publisher.acked(events.at(-1)!.seq);
  publisher.connection.socket.close();
  return messages.filter(({ type }) => type === 'reject').map(({ seq, issues }) => [seq, issues[0].message]);
}

describe('a run', () => {
  test('has at most one figure in 10 s of its own clock, however fast they arrive (P-241)', async () => {
    const gateway = await startGateway();
    const times = [0, 9.999, 10, 21, 5, 14, 15];
    const events = [started, ...times.map((seconds, index) => figureOf(index + 2, seconds))];
    expect(await rejections(gateway, events)).toEqual([
      [3, 'expected at most one figure in 10 s, got one 9.999 s after the last'],
      [7, 'expected at most one figure in 10 s, got one 9 s after the last'],
    ]);
  });

  test('has at most 1,000 names of custom metrics, also over several connections of its publisher (P-243)', async () => {
    const gateway = await startGateway();
    const names = Array.from({ length: 1_050 }, (_, index) => `m${index}`);
    const pages = Array.from({ length: 10 }, (_, page) =>
      metricsOf(page + 2, names.slice(page * 100, page * 100 + 100)),
    );
    expect(await rejections(gateway, [started, ...pages])).toEqual([]);
    const more = [metricsOf(12, ['m0', 'm999']), metricsOf(13, names.slice(1_000)), metricsOf(14, ['m5'])];
    expect(await rejections(gateway, more)).toEqual([
      [13, 'expected at most 1000 names of custom metrics in a run, got another one'],
    ]);
  });

  test('counts no name of an event that is rejected', () => {
    const bounds = new RunBounds({ metricNamesPerRun: 3 });
    expect(bounds.check(metricsOf(2, ['a']))).toEqual([]);
    expect(bounds.check(metricsOf(3, ['a', 'b', 'c', 'd']))).toMatchObject([{ path: 'data.metrics.d' }]);
    expect(bounds.check(metricsOf(4, ['c', 'e', 'a']))).toEqual([]);
    expect(bounds.check(metricsOf(5, ['b']))).toMatchObject([{ path: 'data.metrics.b' }]);
  });

  test('may send a figure again that the store could not write', () => {
    const bounds = new RunBounds({ metricNamesPerRun: 3 });
    expect(bounds.check(figureOf(2, 0))).toEqual([]);
    expect(bounds.check(figureOf(2, 0))).toEqual([]);
    expect(bounds.check(figureOf(3, 9))).toMatchObject([{ path: 'time' }]);
  });
});

test('the names of metrics that a run describes count only when they have values', () => {
  const described = { ...started, data: { ...started.data, metrics: { a: {}, b: {} } } } as MonitorEvent;
  const bounds = new RunBounds({ metricNamesPerRun: 2 });
  expect(bounds.check(described)).toEqual([]);
  expect(bounds.check(metricsOf(2, ['c', 'd']))).toEqual([]);
  expect(bounds.check(metricsOf(3, ['a']))).toHaveLength(1);
});

describe('the bounds of a stored run', () => {
  const classes = ['red', 'white'];
  const first = { ...started, data: { config: {}, dataset: { name: 'wine', classes } } } as MonitorEvent;
  const wrong = {
    ...first,
    seq: 3,
    type: 'epoch',
    data: { epoch: 1, test: { perClass: [1] } },
  } as MonitorEvent;

  test('are those of its description, which is read once', async () => {
    const store = new MemoryStore();
    await store.append('a', [first].map(toNewEvent));
    const position = { stream: store.streamOf('a'), lastSeq: 1 };
    const cache = new RunBoundsCache(limits, store);
    const bounds = await cache.of('a', position);
    expect(bounds.check(wrong)).toHaveLength(1);
    store.page = () => Promise.reject(new Error('expected no read'));
    expect(await cache.of('a', position)).toBe(bounds);
    expect((await cache.of('a', { stream: 'new', lastSeq: 0 })).check(wrong)).toEqual([]);
  });

  test('are those of no other run with its id', async () => {
    const store = new MemoryStore();
    await store.append('a', [first].map(toNewEvent));
    const cache = new RunBoundsCache(limits, store);
    expect((await cache.of('a', { stream: 'other', lastSeq: 1 })).check(wrong)).toEqual([]);
  });

  test('are empty for a description that cannot be read', async () => {
    const store = new MemoryStore();
    await store.append('a', [{ ...toNewEvent(first), json: '{}' }]);
    const cache = new RunBoundsCache(limits, store);
    const bounds = await cache.of('a', { stream: store.streamOf('a'), lastSeq: 1 });
    expect([bounds.isDescribed, bounds.check(wrong)]).toEqual([false, []]);
  });
});
