import { describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { RunBounds } from '../../src/ingest/run-bounds.ts';
import { startGateway } from '../support/gateway.ts';
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
