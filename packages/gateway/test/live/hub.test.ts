import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { limits } from '../../src/limits.ts';
import type { Subscriber } from '../../src/live/channel.ts';
import { FrameBatch } from '../../src/live/frame-batch.ts';
import { Hub } from '../../src/live/hub.ts';
import { everyType } from '../../src/live/type-set.ts';
import { type NewEvent, toNewEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';
import { unframe } from '../support/frames.ts';
import { MemoryStore } from '../support/memory-store.ts';

const run = sampleRun({ runId: 'a' }).map(toNewEvent);
const other = sampleRun({ runId: 'b' }).map(toNewEvent);
/** The stream id of every run in these tests. */
const stream = 'stream-1';
const subscriber = (deliver: (batch: FrameBatch) => void): Subscriber => ({
  onEvents: deliver,
  onRemoved() {},
});

describe('the hub', () => {
  test('sends every subscriber the same batch', async () => {
    const hub = await Hub.open(new MemoryStore(), limits);
    const channel = await hub.channel('a');
    const got: FrameBatch[][] = [[], []];
    for (const list of got) channel.subscribe(subscriber((batch) => list.push(batch)));
    hub.publish('a', run.slice(0, 2), stream, 1);
    expect(got[0]).toHaveLength(1);
    expect(got[0]![0]).toBe(got[1]![0]);
    expect(unframe(got[0]![0]!.bytes)).toEqual([run[0]!.json, run[1]!.json]);
  });

  test('splits events of more than 64 kB into several batches, published or loaded', async () => {
    const long = range(1, 100).map((seq) =>
      toNewEvent({
        ...{ v: 1, runId: 'a', seq, time: '2026-12-01T00:00:00.000Z', type: 'notice' },
        data: { level: 'info', code: 'log', message: 'x'.repeat(1_900), step: null },
      }),
    );
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    const channel = await hub.channel('a');
    const got: FrameBatch[] = [];
    channel.subscribe(subscriber((batch) => got.push(batch)));
    hub.publish('a', long, stream, 1);
    expect(got.flatMap(({ first, last }) => range(first, last))).toEqual(range(1, 100));

    await store.append('a', long, stream);
    const loaded = await (await Hub.open(store, limits)).channel('a');
    for (const feed of [channel, loaded])
      for (let after = 0; after < 100; ) {
        const { ranges, through } = feed.read({ after, types: everyType, batchesFrom: 0 })!;
        expect(ranges.reduce((bytes, { frames }) => bytes + frames.length, 0)).toBeLessThan(65 * 1024);
        after = through;
      }
  });

  test('keeps a run that becomes the newest while the newest one is read', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    await store.append('a', run.slice(0, 1), stream);
    hub.publish('a', run.slice(0, 1), stream, 1);
    const runs = store.runs.bind(store);
    store.runs = async (options) => {
      const entries = await runs(options);
      store.runs = runs;
      await store.append('b', other.slice(0, 1), stream);
      hub.publish('b', other.slice(0, 1), stream, 1);
      return entries;
    };
    await hub.refreshNewestRun();
    expect(hub.newestRunId).toBe('b');
  });

  test('skips events that it has already published', async () => {
    const hub = await Hub.open(new MemoryStore(), limits);
    const seqs: number[] = [];
    (await hub.channel('a')).subscribe(subscriber(({ first, last }) => seqs.push(...range(first, last))));
    hub.publish('a', run.slice(0, 3), stream, 1);
    hub.publish('a', run.slice(1, 5), stream, 1);
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });

  test('releases a subscriber that has left', async () => {
    const hub = await Hub.open(new MemoryStore(), limits);
    const channel = await hub.channel('a');
    const seqs: number[] = [];
    const leaving = subscriber(({ first, last }) => seqs.push(...range(first, last)));
    channel.subscribe(leaving);
    hub.publish('a', run.slice(0, 1), stream, 1);
    channel.unsubscribe(leaving);
    hub.publish('a', run.slice(1, 2), stream, 1);
    expect(seqs).toEqual([1]);
    expect(channel.subscriberCount).toBe(0);
  });

  test('loads the last seq of a stored run', async () => {
    const store = new MemoryStore();
    await store.append('a', run.slice(0, 7), stream);
    const hub = await Hub.open(store, limits);
    expect((await hub.channel('a')).lastSeq).toBe(7);
    expect(hub.newestRunId).toBe('a');
  });

  test('publishes an event that was stored before it was published', async () => {
    const store = new MemoryStore();
    await store.append('a', run.slice(0, 1), stream);
    const hub = await Hub.open(store, limits);
    const seqs: number[] = [];
    (await hub.channel('a')).subscribe(subscriber(({ first, last }) => seqs.push(...range(first, last))));
    await store.append('a', run.slice(1, 2), stream);
    await hub.channel('a');
    hub.publish('a', run.slice(1, 2), stream, 1);
    expect(seqs).toEqual([2]);
  });

  test('publishes the events of a commit that seemed to fail and did not', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    const seqs: number[] = [];
    hub.publish('a', run.slice(0, 2), stream, 1);
    (await hub.channel('a')).subscribe(subscriber(({ first, last }) => seqs.push(...range(first, last))));
    await store.append('a', run.slice(0, 6), stream);
    await hub.catchUp('a');
    hub.publish('a', run.slice(6, 7), stream, 1);
    expect(seqs).toEqual([3, 4, 5, 6, 7]);
  });

  test('makes a run the newest although another gateway has published its beginning', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    await store.append('b', other.slice(0, 2), stream);
    await hub.catchUp('b');
    expect(hub.newestRunId).toBe('b');
    expect((await hub.channel('b')).lastSeq).toBe(2);
  });

  test('creates no channel for a run that never began', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    await hub.catchUp('a');
    const known: string[] = [];
    store.position = async (runId) => {
      known.push(runId);
      return undefined;
    };
    await hub.pullAll();
    expect(known).toEqual([]);
  });

  test('reports a new run when it begins, and only then', async () => {
    const hub = await Hub.open(new MemoryStore(), limits);
    const newest: (string | undefined)[] = [];
    const leave = hub.onNewestRunChange(() => newest.push(hub.newestRunId));
    hub.publish('a', run.slice(0, 2), stream, 1);
    hub.publish('b', other.slice(0, 1), stream, 1);
    hub.publish('a', run.slice(2, 3), stream, 1);
    expect(newest).toEqual(['a', 'b']);
    leave();
    hub.publish('c', other.slice(0, 1), stream, 1);
    expect(newest).toEqual(['a', 'b']);
  });

  test('informs viewers of the newest run when it changes, and only then', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    let changes = 0;
    hub.addViewer({ version: 2, onBroadcast() {}, onNewestRunChange: () => changes++ });
    await hub.refreshNewestRun();
    expect(changes).toBe(0);
    await store.append('a', run.slice(0, 1), stream);
    await hub.refreshNewestRun();
    await hub.refreshNewestRun();
    expect([changes, hub.newestRunId]).toEqual([1, 'a']);
  });

  test('keeps the recent events of all runs within one limit, dropping the run published longest ago first (P-261)', async () => {
    const recentBytes = FrameBatch.of(run.slice(0, 7)).bytes.length + 100;
    const hub = await Hub.open(new MemoryStore(), { ...limits, recentBytes, recentEvents: 1_000 });
    const [a, b] = [await hub.channel('a'), await hub.channel('b')];
    hub.publish('a', run.slice(0, 3), stream, 1);
    hub.publish('b', other.slice(0, 1), stream, 1);
    expect(b.recentBytes).toBeGreaterThan(0);
    hub.publish('a', run.slice(3, 7), stream, 1);
    expect(b.recentBytes).toBe(0);
    expect(a.recentBytes).toBe(recentBytes - 100);
    hub.publish('b', other, stream, 1);
    expect(a.recentBytes).toBe(0);
    expect(b.recentBytes).toBe(0);
  });

  test('loads the last events of a run that it did not publish', async () => {
    const store = new MemoryStore();
    await store.append('a', run, stream);
    const hub = await Hub.open(store, { ...limits, recentEvents: 10 });
    const channel = await hub.channel('a');
    const selection = { types: everyType, batchesFrom: 0 };
    const chunk = channel.read({ ...selection, after: run.length - 10 });
    expect(chunk?.ranges.flatMap(({ frames }) => unframe(frames))).toEqual(
      run.slice(-10).map(({ json }) => json),
    );
    expect(channel.read({ ...selection, after: run.length - 11 })).toBeUndefined();
  });

  test('knows the runs with events, and reads the store only for those without a channel', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    await store.append('b', other.slice(0, 1), stream);
    await hub.channel('a');
    const asked: string[] = [];
    const lastSeq = store.lastSeq.bind(store);
    store.lastSeq = (runId) => {
      asked.push(runId);
      return lastSeq(runId);
    };
    expect([await hub.hasRun('a'), await hub.hasRun('b'), await hub.hasRun('c')]).toEqual([
      false,
      true,
      false,
    ]);
    hub.publish('a', run.slice(0, 1), stream, 1);
    expect(await hub.hasRun('a')).toBe(true);
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  test('broadcasts to every viewer in the words of its version, until it has left', async () => {
    const hub = await Hub.open(new MemoryStore(), limits);
    const received: string[][] = [[], []];
    const [old, current] = ([1, 2] as const).map((version, index) => ({
      version,
      onBroadcast: (frame: Buffer) => received[index]!.push(...unframe(frame)),
      onNewestRunChange() {},
    }));
    const counts: number[] = [];
    const removeListener = hub.onViewersChange(() => counts.push(hub.viewerCount));
    for (const viewer of [old!, current!, current!]) hub.addViewer(viewer);
    const status = { type: 'status', runId: 'a', status: 'running', connected: true, viewers: 1 } as const;
    hub.broadcast({ ...status, commands: ['pause', 'enqueue'] });
    hub.removeViewer(old!);
    hub.removeViewer(old!);
    hub.broadcast({ type: 'removed', runId: 'a' });
    removeListener();
    hub.removeViewer(current!);
    expect(received.map((texts) => texts.map((text) => JSON.parse(text)))).toEqual([
      [{ ...status, commands: ['pause'] }],
      [
        { ...status, commands: ['pause', 'enqueue'] },
        { type: 'removed', runId: 'a' },
      ],
    ]);
    expect([counts, hub.viewerCount]).toEqual([[1, 2, 1], 0]);
  });

  test('reports what it publishes, each hello, and each run whose stream has changed', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    const reported: unknown[] = [];
    hub.onPublished((runId, events) => reported.push([runId, events.length]));
    hub.onHello((run) => reported.push(['hello', run?.runId]));
    hub.onStreamChange((runId) => reported.push(['stream', runId]));
    hub.publish('a', run.slice(0, 2), stream, 1);
    hub.publish('a', [], stream, 1);
    hub.noteHello({ runId: 'a', status: 'running' });
    hub.noteHello(undefined);
    hub.publish('a', run.slice(0, 3), 'stream-2', 1);
    expect(reported).toEqual([
      ['a', 2],
      ['hello', 'a'],
      ['hello', undefined],
      ['stream', 'a'],
      ['a', 3],
    ]);
    expect((await hub.channel('a')).stream).toBe('stream-2');
  });

  test('gives a run another stream when acknowledged events are lost, and reports that once', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    await store.append('a', run.slice(0, 2), stream);
    hub.publish('a', run.slice(0, 5), stream, 1);
    const channel = await hub.channel('a');
    const losses: unknown[] = [];
    hub.onLoss((loss) => losses.push(loss));
    await hub.verify('a');
    await hub.verify('a');
    await hub.reportLoss('a', { stream, lastSeq: 2, version: 1 }, 5); // As another gateway does that noticed it later.
    expect(losses).toEqual([{ runId: 'a', knownSeq: 5, lastSeq: 2 }]);
    expect([channel.isRemoved, (await hub.channel('a')).lastSeq]).toEqual([true, 2]);
    expect(store.streamOf('a')).not.toBe(stream);
  });

  test('removes a run, and lets another run with its id begin', async () => {
    const store = new MemoryStore();
    const hub = await Hub.open(store, limits);
    const keep = async (runId: string, events: readonly NewEvent[]): Promise<void> => {
      await store.append(runId, events, stream);
      hub.publish(runId, events, stream, 1);
    };
    await keep('a', run.slice(0, 3));
    await keep('b', other.slice(0, 3));
    const removed = await hub.channel('b');
    let ended = 0;
    removed.subscribe({ onEvents() {}, onRemoved: () => ended++ });
    const newest: (string | undefined)[] = [];
    hub.onNewestRunChange(() => newest.push(hub.newestRunId));
    await store.remove('b');
    await hub.endOutdatedChannel('b');
    expect([ended, removed.isRemoved, newest]).toEqual([1, true, ['a']]);
    await keep('b', other.slice(0, 1));
    expect((await hub.channel('b')).lastSeq).toBe(1);
    expect(hub.newestRunId).toBe('b');
  });

  describe('beside other gateways that write to the store', () => {
    /** Returns a hub with a subscriber of a run, the seqs that the subscriber received, and the number of reads. */
    async function openWithSubscriber() {
      const store = new MemoryStore();
      await store.append('a', run.slice(0, 3), stream);
      const hub = await Hub.open(store, limits);
      const seqs: number[] = [];
      (await hub.channel('a')).subscribe(subscriber(({ first, last }) => seqs.push(...range(first, last))));
      let pages = 0;
      const page = store.page.bind(store);
      store.page = (runId, options) => {
        pages++;
        return page(runId, options);
      };
      return { store, hub, seqs, pages: () => pages };
    }

    test('publishes what they have stored, with one read for simultaneous pulls', async () => {
      const { store, hub, seqs, pages } = await openWithSubscriber();
      await store.append('a', run.slice(0, 9), stream);
      await Promise.all([hub.pull('a'), hub.pull('a'), hub.pull('a')]);
      expect(seqs).toEqual(range(4, 9));
      expect(pages()).toBeLessThanOrEqual(2);
    });

    test('reads events that are stored while it reads', async () => {
      const { store, hub, seqs } = await openWithSubscriber();
      await store.append('a', run.slice(0, 5), stream);
      const pulling = hub.pull('a');
      await store.append('a', run.slice(0, 9), stream);
      await Promise.all([pulling, hub.pull('a')]);
      expect(seqs).toEqual(range(4, 9));
    });

    test('reads the events that another gateway stored before its own', async () => {
      const { store, hub, seqs } = await openWithSubscriber();
      await store.append('a', run.slice(0, 7), stream);
      hub.publish('a', run.slice(5, 7), stream, 1);
      await hub.pull('a');
      expect(seqs).toEqual(range(4, 7));
    });

    test('publishes the events behind those that are missing from the store, in batches without gaps', async () => {
      const { store, hub, seqs, pages } = await openWithSubscriber();
      const page = store.page.bind(store);
      store.page = async (runId, options) => {
        const found = await page(runId, options);
        return { ...found, events: found.events.filter(({ seq }) => seq !== 4 && seq !== 7) };
      };
      await store.append('a', run.slice(0, 9), stream);
      await hub.pull('a');
      expect(seqs).toEqual([5, 6, 8, 9]);
      hub.publish('a', run.slice(11, 12), stream, 1);
      await store.append('a', run.slice(0, 13), stream);
      await hub.pull('a');
      expect(seqs).toEqual([5, 6, 8, 9, 10, 11, 12, 13]);
      expect(pages()).toBeLessThan(6);
    });

    test('ends a read of which no event can be read', async () => {
      const { store, hub, seqs } = await openWithSubscriber();
      const page = store.page.bind(store);
      store.page = async (runId, options) => ({ ...(await page(runId, options)), events: [], more: true });
      await store.append('a', run.slice(0, 9), stream);
      await hub.pull('a');
      expect(seqs).toEqual([]);
    });

    test('reads nothing of a run without a channel', async () => {
      const { store, hub, pages } = await openWithSubscriber();
      await store.append('b', other, stream);
      await hub.pull('b');
      expect(pages()).toBe(0);
    });

    test('finds what was stored, begun and removed while it was disconnected', async () => {
      const { store, hub, seqs } = await openWithSubscriber();
      await store.append('b', other.slice(0, 2), stream);
      await hub.channel('b');
      await store.append('a', run.slice(0, 4), stream);
      await store.remove('b');
      await store.append('c', sampleRun({ runId: 'c' }).slice(0, 1).map(toNewEvent), stream);
      const removed = await hub.channel('b');
      await hub.pullAll();
      expect(seqs).toEqual([4]);
      expect([removed.isRemoved, hub.newestRunId]).toEqual([true, 'c']);
    });

    test('creates the channel of a run once for simultaneous viewers', async () => {
      const store = new MemoryStore();
      await store.append('a', run, stream);
      const hub = await Hub.open(store, limits);
      const channels = await Promise.all(range(1, 20).map(() => hub.channel('a')));
      expect(new Set(channels).size).toBe(1);
    });
  });
});
