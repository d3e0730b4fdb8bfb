import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  type EventOf,
  encode,
  eventTypes,
  type MonitorEvent,
  runSummarySchema,
  streamIdSchema,
  validate,
} from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { OtherStreamError } from '../../src/store/event-rules.ts';
import {
  type EventPage,
  type EventPageOptions,
  maxSummaryBytes,
  type NewEvent,
  type RunListOptions,
  type Store,
  toNewEvent,
} from '../../src/store/store.ts';
import { isSameRun } from '../../src/store/stream-id.ts';
import { afterTest } from '../support/cleanup.ts';
import { range } from '../support/connection.ts';
import { asStored, largestEventsOfVersion2, largestFirstAndLast } from '../support/events.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });
const stored = run.map(toNewEvent);
const length = stored.length;

async function allPages(store: Store, options: Omit<EventPageOptions, 'after'>): Promise<EventPage[]> {
  const pages: EventPage[] = [];
  do pages.push(await store.page('a', { ...options, after: pages.at(-1)?.through ?? 0 }));
  while (pages.at(-1)?.more);
  return pages;
}

/** Declares the tests that every implementation of `Store` has to pass. */
export function storeSuite(name: string, open: () => Store | Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
      afterTest(() => store.close());
    });

    describe('append', () => {
      test('resolves with the last seq of the run', async () => {
        expect(await store.append('a', stored.slice(0, 3))).toBe(3);
        expect(await store.append('a', stored.slice(3, 5))).toBe(5);
        expect(await store.lastSeq('a')).toBe(5);
      });

      test('ignores events it already has and appends the rest', async () => {
        await store.append('a', stored.slice(0, 5));
        expect(await store.append('a', stored.slice(2, 7))).toBe(7);
        expect(await store.append('a', stored.slice(0, 2))).toBe(7);
        const { events } = await store.page('a', { after: 0, limit: 100 });
        expect(events.map(({ seq }) => seq)).toEqual(range(1, 7));
      });

      test.each([
        ['at the start', stored.slice(1, 3)],
        ['inside', [stored[0]!, stored[2]!]],
      ])('refuses a gap %s and appends nothing', async (_where, events) => {
        await expect(store.append('a', events)).rejects.toThrow(RangeError);
        expect(await store.lastSeq('a')).toBe(0);
        expect(await store.runs({ limit: 10 })).toEqual([]);
      });

      test('keeps runs apart', async () => {
        await store.append('a', stored.slice(0, 2));
        await store.append('b', sampleRun({ runId: 'b' }).slice(0, 3).map(toNewEvent));
        expect([await store.lastSeq('a'), await store.lastSeq('b'), await store.lastSeq('c')]).toEqual([
          2, 3, 0,
        ]);
      });
    });

    describe('page', () => {
      beforeEach(() => store.append('a', stored));

      test.each([1, 7, length, length + 1])('returns every event once in pages of %d', async (limit) => {
        const pages = await allPages(store, { limit });
        expect(pages.flatMap(({ events }) => events)).toEqual(asStored(stored));
        expect(pages.every(({ events }) => events.length <= limit)).toBe(true);
        expect(pages.at(-1)).toMatchObject({ through: length, more: false });
      });

      test('returns every event of one type and no other', async () => {
        for (const type of eventTypes) {
          const pages = await allPages(store, { limit: 2, types: [type] });
          const expected = stored.filter((event) => event.type === type);
          expect(pages.flatMap(({ events }) => events)).toEqual(asStored(expected));
          expect(pages.every(({ events }) => events.length <= 2)).toBe(true);
        }
      });

      test('returns several types in the order of seq, also when a type is given twice', async () => {
        const types = ['epoch', 'batch', 'system', 'batch'] as const;
        const pages = await allPages(store, { limit: 3, types });
        const expected = stored.filter(({ type }) => types.some((each) => each === type));
        expect(pages.flatMap(({ events }) => events)).toEqual(asStored(expected));
        expect(pages.every(({ events }) => events.length <= 3)).toBe(true);
      });

      test('returns nothing after the end', async () => {
        expect(await store.page('a', { after: length, limit: 5 })).toEqual({
          events: [],
          stream: (await store.position('a'))!.stream,
          version: 1,
          through: length,
          more: false,
        });
        expect(await store.page('a', { after: 999, limit: 5 })).toEqual({
          events: [],
          stream: (await store.position('a'))!.stream,
          version: 1,
          through: 999,
          more: false,
        });
      });
    });

    describe('summary', () => {
      const ofType = (type: string, events: readonly MonitorEvent[] = run) =>
        events.filter((event) => event.type === type);

      test('is undefined for an unknown run', async () => {
        expect(await store.summary('a')).toBeUndefined();
      });

      test('describes a running run (P-94)', async () => {
        const part = run.slice(0, 8);
        await store.append('a', part.map(toNewEvent));
        expect(await store.summary('a')).toEqual({
          runId: 'a',
          stream: (await store.position('a'))!.stream,
          version: 1,
          status: 'running',
          startedAt: run[0]!.time,
          lastEventAt: run[7]!.time,
          lastReceivedAt: expect.any(String),
          lastSeq: 8,
          bytes: part.reduce((sum, event) => sum + Buffer.byteLength(toNewEvent(event).json), 0),
          title: null,
          note: null,
          pinned: false,
          name: null,
          tags: [],
          started: run[0]!.data,
          batch: ofType('batch', part).at(-1)!.data,
          epoch: null,
          bestAccuracy: null,
          finished: null,
          metricNames: [],
        });
      });

      test('reports how a finished run ended (P-98)', async () => {
        await store.append('a', stored);
        expect(await store.summary('a')).toMatchObject({
          status: 'completed',
          epoch: ofType('epoch').at(-1)!.data,
          finished: ofType('run.finished')[0]!.data,
        });
      });

      test('reports a run as paused between its notices that it is paused and resumed', async () => {
        await store.append('a', stored.slice(0, 3));
        const statuses: string[] = [];
        for (const [at, code] of ['run.paused', 'test', 'run.resumed'].entries()) {
          const data = { level: 'info' as const, code, message: code, step: null };
          await store.append('a', [toNewEvent({ ...run[0]!, seq: 4 + at, type: 'notice', data })]);
          statuses.push((await store.summary('a'))!.status);
        }
        expect(statuses).toEqual(['paused', 'paused', 'running']);
      });

      test('reports a run that continues after its end as running (P-98)', async () => {
        const last = run.at(-1)!;
        const data = { level: 'info' as const, code: 'run.resumed', message: 'on', step: null };
        const next: MonitorEvent = { ...last, seq: last.seq + 1, type: 'notice', data };
        await store.append('a', [...stored, toNewEvent(next)]);
        expect(await store.summary('a')).toMatchObject({ status: 'running', finished: null });
      });

      test('contains the best finite accuracy of all epochs (P-95)', async () => {
        const epoch = ofType('epoch')[0] as Extract<MonitorEvent, { type: 'epoch' }>;
        const accuracies = [0.9, 0.97, Number.NaN, 0.95];
        const epochs = accuracies.map((accuracy, at): MonitorEvent => {
          const data = { ...epoch.data, epoch: at + 1, test: { ...epoch.data.test, accuracy } };
          return { ...epoch, seq: at + 1, data };
        });
        await store.append('a', epochs.map(toNewEvent));
        expect((await store.summary('a'))?.bestAccuracy).toBe(0.97);
      });

      test('keeps numbers that are not finite (P-6)', async () => {
        const batch = ofType('batch')[0] as Extract<MonitorEvent, { type: 'batch' }>;
        const diverged = { ...batch, seq: 1, data: { ...batch.data, loss: Number.NaN } };
        await store.append('a', [toNewEvent(diverged)]);
        expect((await store.summary('a'))?.batch?.loss).toBeNaN();
      });

      test('of a run with large events has at most 16 kB, and is valid (P-195, S-37)', async () => {
        const [started, finished] = largestFirstAndLast();
        await store.append('a', [toNewEvent(started)]);
        const running = (await store.summary('a'))!;
        await store.append('a', [toNewEvent(finished)]);
        const ended = (await store.summary('a'))!;
        for (const summary of [running, ended]) {
          expect(Buffer.byteLength(encode(summary))).toBeLessThanOrEqual(maxSummaryBytes);
          const whole = { ...summary, connected: false, commands: [], model: false };
          expect(validate(runSummarySchema, JSON.parse(encode(whole))).ok).toBe(true);
          expect(summary.shortened).toBe(true);
        }
        expect(ended).toMatchObject({
          status: 'completed',
          finished: { files: [], test: { loss: Number.NaN } },
        });
        const { events } = await store.page('a', { after: 0, limit: 2 });
        expect(events.map(({ json }) => json)).toEqual([started, finished].map((event) => encode(event)));
      });

      test('has the lowest version of the protocol that has every event, and so have position and page (P-40)', async () => {
        const batch = ofType('batch')[0]!;
        const withoutAccuracy = { ...batch, seq: 4, data: { step: 2, loss: 1 } } as MonitorEvent;
        const versions = async () => [
          (await store.summary('a'))?.version,
          (await store.position('a'))?.version,
          (await store.page('a', { after: 0, limit: 1 })).version,
        ];
        await store.append('a', stored.slice(0, 3));
        expect(await versions()).toEqual([1, 1, 1]);
        await store.append('a', [toNewEvent(withoutAccuracy)]);
        expect(await versions()).toEqual([2, 2, 2]);
        await store.append('a', [toNewEvent({ ...run[4]!, seq: 5 })]);
        expect(await versions()).toEqual([2, 2, 2]);
        await store.remove('a');
        await store.append('a', stored.slice(0, 1));
        expect(await versions()).toEqual([1, 1, 1]);
      });

      test('of a run with the largest events of version 2 has at most 16 kB, and is valid (P-195, S-37)', async () => {
        const events = largestEventsOfVersion2('a').map(toNewEvent);
        for (const event of events) {
          await store.append('a', [event]);
          const summary = (await store.summary('a'))!;
          const { title, note, ...counted } = summary;
          expect(Buffer.byteLength(encode(counted))).toBeLessThanOrEqual(maxSummaryBytes);
          const whole = { ...summary, connected: false, commands: [], model: false };
          expect(validate(runSummarySchema, JSON.parse(encode(whole)))).toMatchObject({ ok: true });
        }
        expect(await store.summary('a')).toMatchObject({
          version: 2,
          shortened: true,
          status: 'interrupted',
        });
      });

      test('has the names of custom metrics, from every type of event, in the order in which they came (P-96)', async () => {
        const events = sampleRunOfVersion2('a');
        const names = async () => (await store.summary('a'))?.metricNames;
        await store.append('a', [toNewEvent(events[0]!)]);
        expect(await names()).toEqual([]);
        await store.append('a', [toNewEvent(events[1]!)]);
        expect(await names()).toEqual(['perplexity', 'grad/norm']);
        await store.append('a', events.map(toNewEvent));
        expect(await names()).toEqual(['perplexity', 'grad/norm', 'eval/f1']);
        const last = { ...events.at(-1)!, seq: events.length + 1 } as EventOf<'run.finished'>;
        const metrics = { 'final.score': 1, perplexity: 2, constructor: 3 };
        await store.append('a', [toNewEvent({ ...last, data: { ...last.data, metrics } })]);
        expect(await names()).toEqual(['perplexity', 'grad/norm', 'eval/f1', 'final.score', 'constructor']);
        await store.remove('a');
        await store.append('a', [toNewEvent(events[0]!)]);
        expect(await names()).toEqual([]);
      });

      test('has the first 100 names of custom metrics (P-96)', async () => {
        const [started] = sampleRunOfVersion2('a');
        const names = range(1, 150).map((index) => `layer/${index}`);
        const eventOf = (seq: number, part: string[]): NewEvent =>
          toNewEvent({
            ...{ ...started!, seq, type: 'metrics' },
            data: { step: seq, metrics: Object.fromEntries(part.map((name) => [name, seq])) },
          } as MonitorEvent);
        await store.append('a', [toNewEvent(started!), eventOf(2, names.slice(0, 70))]);
        expect((await store.summary('a'))?.metricNames).toEqual(names.slice(0, 70));
        await store.append('a', [eventOf(3, names.slice(50))]);
        expect((await store.summary('a'))?.metricNames).toEqual(names.slice(0, 100));
        await store.append('a', [eventOf(4, ['another'])]);
        expect((await store.summary('a'))?.metricNames).toEqual(names.slice(0, 100));
      });

      test('is up to date between two events (P-94)', async () => {
        await store.append('a', stored.slice(0, 2));
        expect(await store.summary('a')).toMatchObject({ lastSeq: 2 });
        await store.append('a', stored.slice(2, 5));
        expect(await store.summary('a')).toMatchObject({ lastSeq: 5, lastEventAt: run[4]!.time });
      });

      test("contains the time of receipt by this machine's clock, not by the publisher's (P-97)", async () => {
        const before = Date.now();
        await store.append('a', [toNewEvent({ ...run[0]!, time: '1970-01-01T00:00:00.000Z' })]);
        const receivedAt = Date.parse((await store.summary('a'))!.lastReceivedAt!);
        expect(receivedAt).toBeGreaterThanOrEqual(before);
        expect(receivedAt).toBeLessThanOrEqual(Date.now());
        await store.append('a', [toNewEvent(run[1]!)]);
        expect(Date.parse((await store.summary('a'))!.lastReceivedAt!)).toBeGreaterThanOrEqual(receivedAt);
      });

      test('keeps times as they are when a clock was set back', async () => {
        const earlier = { ...run[1]!, time: '2001-01-01T00:00:00.000Z' };
        await store.append('a', [stored[0]!, toNewEvent(earlier)]);
        expect(await store.summary('a')).toMatchObject({
          startedAt: run[0]!.time,
          lastEventAt: earlier.time,
          lastSeq: 2,
        });
      });
    });

    describe('runs', () => {
      const ids = async (options: RunListOptions) => (await store.runs(options)).map(({ runId }) => runId);
      beforeEach(async () => {
        for (const runId of ['b', 'c', 'a'])
          await store.append(runId, sampleRun({ runId }).slice(0, 2).map(toNewEvent));
      });

      test('are listed with the newest first', async () => {
        expect(await ids({ limit: 10 })).toEqual(['a', 'c', 'b']);
        expect(await ids({ limit: 2 })).toEqual(['a', 'c']);
      });

      test('keep their order when events follow', async () => {
        await store.append('b', sampleRun({ runId: 'b' }).slice(2, 4).map(toNewEvent));
        expect(await ids({ limit: 10 })).toEqual(['a', 'c', 'b']);
      });

      test('continue below a position, of a removed run too', async () => {
        const [newest, middle] = await store.runs({ limit: 2 });
        expect(await ids({ limit: 10, before: newest!.position })).toEqual(['c', 'b']);
        await store.remove('c');
        expect(await ids({ limit: 10, before: middle!.position })).toEqual(['b']);
        expect(await ids({ limit: 10, before: 0 })).toEqual([]);
      });

      test('contain whether they are pinned', async () => {
        await store.annotate('c', { pinned: true });
        await store.annotate('b', { pinned: true });
        await store.annotate('b', { pinned: false });
        const pins = (await store.runs({ limit: 10 })).map(({ pinned }) => pinned);
        expect(pins).toEqual([false, true, false]);
      });

      test('have another change after each change of their summary, and the same one in between', async () => {
        const changeOf = async (wanted: string) =>
          (await store.runs({ limit: 10 })).find(({ runId }) => runId === wanted)!.change;
        const seen = [await changeOf('c')];
        const hasChanged = async () => {
          const change = await changeOf('c');
          expect(seen).not.toContain(change);
          seen.push(change);
        };
        const other = await changeOf('b');
        await store.append('c', sampleRun({ runId: 'c' }).slice(2, 4).map(toNewEvent));
        await hasChanged();
        await store.annotate('c', { note: 'good' });
        await hasChanged();
        await store.renewStream('c', (await store.position('c'))!.stream);
        await hasChanged();
        expect(await changeOf('c')).toBe(seen.at(-1));
        expect(await changeOf('b')).toBe(other);
        await store.remove('c');
        await store.append('c', sampleRun({ runId: 'c' }).slice(0, 2).map(toNewEvent));
        await hasChanged();
      });
    });

    describe('annotate', () => {
      beforeEach(() => store.append('a', stored.slice(0, 3)));
      const annotations = async () => {
        const { title, note, pinned } = (await store.summary('a'))!;
        return { title, note, pinned };
      };

      test('changes the given fields and keeps the others', async () => {
        expect(await store.annotate('a', { title: 'Größer', pinned: true })).toBe(true);
        expect(await annotations()).toEqual({ title: 'Größer', note: null, pinned: true });
        await store.annotate('a', { note: 'two\nlines' });
        await store.annotate('a', { title: null, pinned: false });
        expect(await annotations()).toEqual({ title: null, note: 'two\nlines', pinned: false });
      });

      test('replaces and removes the name and the tags of the publisher, which a new run has again', async () => {
        const [started, ...others] = sampleRunOfVersion2('b').map(toNewEvent);
        const labels = async () => {
          const { name, tags } = (await store.summary('b'))!;
          return { name, tags };
        };
        const sent = { name: 'A small language model', tags: ['tokens', 'baseline'] };
        await store.append('b', [started!]);
        expect(await labels()).toEqual(sent);
        await store.annotate('b', { name: 'Größer' });
        expect(await labels()).toEqual({ ...sent, name: 'Größer' });
        await store.annotate('b', { tags: ['=1', 'ü'], pinned: true });
        await store.append('b', others);
        expect(await labels()).toEqual({ name: 'Größer', tags: ['=1', 'ü'] });
        await store.annotate('b', { name: null, tags: [] });
        expect(await labels()).toEqual({ name: null, tags: [] });
        await store.annotate('b', { title: 'x' });
        expect(await labels()).toEqual({ name: null, tags: [] });
        expect((await store.summary('b'))?.started).toMatchObject(sent);
        await store.remove('b');
        await store.append('b', [started!]);
        expect(await labels()).toEqual(sent);
      });

      test('leaves the events unchanged (P-182)', async () => {
        await store.annotate('a', { title: 'x' });
        await store.append('a', stored.slice(3, 5));
        expect(await annotations()).toMatchObject({ title: 'x' });
        expect((await store.page('a', { after: 0, limit: 10 })).events).toEqual(asStored(stored.slice(0, 5)));
      });

      test('is false for an unknown run', async () => {
        expect(await store.annotate('b', { title: 'x' })).toBe(false);
        expect(await store.summary('b')).toBeUndefined();
      });
    });

    describe('remove', () => {
      beforeEach(async () => {
        await store.append('a', stored);
        await store.append('b', sampleRun({ runId: 'b' }).slice(0, 3).map(toNewEvent));
        await store.annotate('a', { title: 'x', pinned: true });
      });

      test('removes the run completely, and no other', async () => {
        expect(await store.remove('a')).toBe(true);
        expect(await store.lastSeq('a')).toBe(0);
        expect(await store.summary('a')).toBeUndefined();
        expect(await store.page('a', { after: 0, limit: 10 })).toEqual({
          events: [],
          version: 1,
          through: 0,
          more: false,
        });
        expect((await store.runs({ limit: 10 })).map(({ runId }) => runId)).toEqual(['b']);
        expect(await store.lastSeq('b')).toBe(3);
      });

      test('is false the second time, and for an unknown run', async () => {
        await store.remove('a');
        expect([await store.remove('a'), await store.remove('c')]).toEqual([false, false]);
      });

      test('allows a new run with the same id', async () => {
        await store.remove('a');
        expect(await store.append('a', stored.slice(0, 2))).toBe(2);
        expect(await store.summary('a')).toMatchObject({ lastSeq: 2, title: null, pinned: false });
        expect((await store.runs({ limit: 10 })).map(({ runId }) => runId)).toEqual(['a', 'b']);
        expect((await store.page('a', { after: 0, limit: 100 })).events).toEqual(
          asStored(stored.slice(0, 2)),
        );
      });

      test('ends a page that is being read', async () => {
        const page = await store.page('a', { after: 0, limit: 5 });
        await store.remove('a');
        expect(await store.page('a', { after: page.through, limit: 5 })).toEqual({
          events: [],
          version: 1,
          through: 5,
          more: false,
        });
      });
    });

    describe('stream', () => {
      const streamOf = async (runId = 'a'): Promise<string | undefined> =>
        (await store.position(runId))?.stream;

      test('is absent without a run, created with its first event, and kept by later ones (P-109)', async () => {
        expect(await store.position('a')).toBeUndefined();
        expect((await store.page('a', { after: 0, limit: 5 })).stream).toBeUndefined();
        await store.append('a', stored.slice(0, 2));
        const stream = await streamOf();
        expect(validate(streamIdSchema, stream).ok).toBe(true);
        await store.append('a', stored.slice(2, 5));
        expect(await store.position('a')).toEqual({ stream, version: 1, lastSeq: 5 });
        expect((await store.page('a', { after: 0, limit: 5 })).stream).toBe(stream);
        expect((await store.summary('a'))?.stream).toBe(stream);
      });

      test('is the given one for a new run, and differs between runs otherwise', async () => {
        await store.append('a', stored.slice(0, 2), 'mine-1');
        await store.append('b', sampleRun({ runId: 'b' }).slice(0, 1).map(toNewEvent));
        await store.append('c', sampleRun({ runId: 'c' }).slice(0, 1).map(toNewEvent));
        expect(await streamOf('a')).toBe('mine-1');
        expect(new Set([await streamOf('b'), await streamOf('c'), 'mine-1']).size).toBe(3);
      });

      test('of another run refuses an append, which adds nothing (S-42)', async () => {
        await store.append('a', stored.slice(0, 2), 'mine-1');
        await expect(store.append('a', stored.slice(2, 4), 'other-1')).rejects.toThrow(OtherStreamError);
        expect(await store.position('a')).toEqual({ stream: 'mine-1', version: 1, lastSeq: 2 });
        expect(await store.append('a', stored.slice(2, 4), 'mine-1')).toBe(4);
      });

      test('is another one when the run begins again under its id (P-110)', async () => {
        await store.append('a', stored.slice(0, 5));
        const before = await streamOf();
        expect((await store.summary('a'))?.stream).toBe(before);
        await store.remove('a');
        expect(await store.position('a')).toBeUndefined();
        await store.append('a', stored.slice(0, 5));
        expect(await streamOf()).not.toBe(before);
        expect((await store.summary('a'))?.stream).toBe(await streamOf());
      });

      test('is renewed once by gateways that notice a loss at the same time, with the same origin (P-110)', async () => {
        await store.append('a', stored.slice(0, 5), 'mine-1');
        await store.summary('a');
        const results = await Promise.all(
          ['mine-1', 'mine-1', 'older-1'].map((stream) => store.renewStream('a', stream)),
        );
        expect(results.filter(Boolean)).toHaveLength(1);
        const { stream, lastSeq } = (await store.position('a'))!;
        expect(stream).not.toBe('mine-1');
        expect([isSameRun(stream, 'mine-1'), lastSeq]).toEqual([true, 5]);
        expect((await store.summary('a'))?.stream).toBe(stream);
        expect(await store.renewStream('b', 'mine-1')).toBe(false);
      });
    });

    test('check resolves when the store works', async () => {
      expect(await store.check()).toBeUndefined();
    });
  });
}
