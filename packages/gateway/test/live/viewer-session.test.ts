import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type EventType, liveQuerySchema, type ProtocolVersion, validate } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { type Limits, limits } from '../../src/limits.ts';
import { Hub, type StreamLoss } from '../../src/live/hub.ts';
import { ViewerSession } from '../../src/live/viewer-session.ts';
import { Publishers } from '../../src/presence/publishers.ts';
import { RunFolders } from '../../src/runs/run-folders.ts';
import { RunSummaries } from '../../src/runs/run-summaries.ts';
import { DamagedRunError } from '../../src/store/damaged-run.ts';
import { type NewEvent, toNewEvent } from '../../src/store/store.ts';
import { afterTest } from '../support/cleanup.ts';
import { range, seqsOf } from '../support/connection.ts';
import { FakePeer } from '../support/fake-peer.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { until } from '../support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 15 }).map(toNewEvent);
const next = sampleRun({ runId: 'b', epochs: 1, batchesPerEpoch: 5 }).map(toNewEvent);

describe('a viewer', () => {
  let store: MemoryStore;
  let hub: Hub;
  /** The unread bytes of all viewers together. */
  let traffic: { unreadBytes: number };
  beforeEach(async () => {
    store = new MemoryStore();
    hub = await Hub.open(store, limits);
    traffic = { unreadBytes: 0 };
  });

  async function keep(runId: string, events: readonly NewEvent[]): Promise<void> {
    await store.append(runId, events);
    hub.publish(runId, events, store.streamOf(runId), 1);
  }

  function join(query: object = {}, changed: Partial<Limits> = {}, version: ProtocolVersion = 2): FakePeer {
    const peer = new FakePeer();
    const parsed = validate(liveQuerySchema, query);
    if (!parsed.ok) throw new Error('expected a valid query');
    const runs = new RunSummaries({
      ...{ store, limits },
      publishers: new Publishers(),
      folders: new RunFolders('nowhere', limits),
    });
    const failures: unknown[] = [];
    new ViewerSession(
      { peer, query: parsed.value, version, rights: { access: 'open', offReason: undefined } },
      {
        hub,
        store,
        summaryOf: (runId) => runs.summary(runId),
        idleTrainers: { count: 0 },
        starts: { list: [] },
        health: { failure: undefined },
        traffic,
        limits: { ...limits, pageEvents: 10, ...changed },
        onFailure: (error) => failures.push(error),
      },
    );
    afterTest(() => {
      peer.close('normal');
      expect(failures).toEqual([]);
    });
    return peer;
  }

  /** Makes the viewer read nothing until the returned function is called. */
  function stall(peer: FakePeer): () => void {
    let read = (): void => {};
    const unread = new Promise<void>((resolve) => {
      read = resolve;
    });
    peer.bufferedBytes = limits.unreadBytes;
    peer.drained = async () => {
      await unread;
      peer.bufferedBytes = 0;
      return true;
    };
    return read;
  }

  /** Replaces the hub with one that keeps no events in memory. */
  async function keepNoEvents(): Promise<void> {
    hub = await Hub.open(store, { ...limits, recentBytes: 0 });
  }

  const isLive = (peer: FakePeer) => until(() => peer.messagesOf('live').length > 0);

  test('gets hello, the history in order, live, and then new events (P-76)', async () => {
    await keep('a', run.slice(0, 25));
    const peer = join();
    await isLive(peer);
    await keep('a', run.slice(25, 28));
    expect(peer.messages[0]).toMatchObject({ type: 'hello', run: { runId: 'a', lastSeq: 25 } });
    expect(seqsOf(peer.messages)).toEqual(range(1, 28));
    expect(peer.messages[26]).toEqual({ type: 'live', seq: 25 });
  });

  test('waits for its socket between chunks of history', async () => {
    await keepNoEvents();
    await keep('a', run.slice(0, 25));
    const peer = join();
    let waits = 0;
    const send = peer.sendFrames.bind(peer);
    peer.sendFrames = (frames) => {
      expect(peer.bufferedBytes).toBeLessThan(limits.unreadBytes);
      send(frames);
      peer.bufferedBytes += limits.unreadBytes;
    };
    peer.drained = async () => {
      waits++;
      await nextTurn();
      peer.bufferedBytes = 0;
      return true;
    };
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual(range(1, 25));
    expect(waits).toBe(2);
  });

  test('gets recent events from memory, and older ones from the store', async () => {
    hub = await Hub.open(store, { ...limits, recentEvents: 5 });
    await store.append('a', run.slice(0, 12));
    const pages: number[] = [];
    const page = store.page.bind(store);
    store.page = (runId, options) => {
      pages.push(options.after);
      return page(runId, options);
    };
    await hub.channel('a');
    await keep('a', run.slice(12, 20));
    pages.length = 0;
    const recent = join({ run: 'a', after: '7' });
    await isLive(recent);
    expect(seqsOf(recent.messages)).toEqual(range(8, 20));
    expect(pages).toEqual([]);
    const whole = join({ run: 'a' }, { pageEvents: 6 });
    await isLive(whole);
    expect(seqsOf(whole.messages)).toEqual(range(1, 20));
    expect(pages).toEqual([0, 6]);
  });

  test('shares buffers with viewers of the same types', async () => {
    await keep('a', run.slice(0, 1));
    const peers = [join(), join(), join({ types: 'batch' }), join({ types: 'batch' })];
    for (const peer of peers) await isLive(peer);
    await keep('a', run.slice(1, 20));
    const [one, two, batches, sameBatches] = peers.map(({ writes }) => writes.at(-1)!);
    expect(two).toBe(one);
    expect(sameBatches).toBe(batches);
    expect(seqsOf(peers[0]!.messages)).toEqual(range(1, 20));
    expect(peers[2]!.messagesOf('batch')).toEqual(peers[0]!.messagesOf('batch'));
  });

  test('gets every event once and in order when events are published while it catches up', async () => {
    await keep('a', run.slice(0, 12));
    const peer = join({}, { pageEvents: 3 });
    let published = 12;
    store.pause = nextTurn;
    while (peer.messagesOf('live').length === 0 && published < run.length)
      await keep('a', run.slice(published, ++published));
    await keep('a', run.slice(published));
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual(range(1, run.length));
  });

  test('gets exactly the events after its seq, whenever it joins or leaves a running run', async () => {
    const long = sampleRun({ runId: 'long', epochs: 2, batchesPerEpoch: 30 }).map(toNewEvent);
    const someTurns = async (): Promise<void> => {
      for (let turns = Math.floor(Math.random() * 3); turns > 0; turns--) await nextTurn();
    };
    store.pause = someTurns;
    for (let round = 0; round < 4; round++) {
      store = new MemoryStore();
      store.pause = someTurns;
      hub = await Hub.open(store, {
        ...limits,
        recentEvents: 5,
        recentBytes: round % 2 ? 3_000 : limits.recentBytes,
      });
      const viewers: { after: number; peer: FakePeer }[] = [];
      for (let at = 0; at < long.length; ) {
        const size = 1 + Math.floor(Math.random() * 9);
        await keep('long', long.slice(at, at + size));
        at += size;
        const after = Math.floor(Math.random() * Math.min(at, long.length));
        viewers.push({ after, peer: join({ run: 'long', after: String(after) }, { pageEvents: 7 }) });
        if (Math.random() < 0.4) viewers[Math.floor(Math.random() * viewers.length)]!.peer.close('normal');
        await someTurns();
      }
      for (const { after, peer } of viewers) {
        await until(() => peer.isClosed || peer.messages.at(-1)?.seq === long.length);
        const seqs = seqsOf(peer.messages);
        expect(seqs).toEqual(range(after + 1, after + seqs.length));
        peer.close('normal');
      }
      expect((await hub.channel('long')).subscriberCount).toBe(0);
    }
  });

  test('begins after the given seq (P-65, P-122)', async () => {
    await keep('a', run.slice(0, 12));
    const peer = join({ run: 'a', after: '9' });
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual([10, 11, 12]);
  });

  test('with the stream and an `after` beyond the end gets the run from the beginning, which hello states (P-124)', async () => {
    await keep('a', run.slice(0, 5));
    const peer = join({ run: 'a', after: '8', stream: store.streamOf('a') });
    await isLive(peer);
    expect(peer.messages[0]).toMatchObject({ run: { lastSeq: 5 }, after: 0, restart: 'beyondEnd' });
    expect(seqsOf(peer.messages)).toEqual(range(1, 5));
  });

  test('without a stream gets no event up to an `after` that the run has not reached yet (P-125)', async () => {
    await keep('a', run.slice(0, 5));
    const peer = join({ run: 'a', after: '8' });
    await isLive(peer);
    expect(peer.messages[0]).toMatchObject({ run: { lastSeq: 5 }, after: 8 });
    expect(peer.messages[0]).not.toHaveProperty('restart');
    await keep('a', run.slice(5, 7));
    await keep('a', run.slice(7, 10));
    await until(() => peer.messagesOf('live').length === 2);
    expect(seqsOf(peer.messages)).toEqual([9, 10]);
  });

  test('with the stream and position of the run continues after it, which hello states (P-66, P-122)', async () => {
    await keep('a', run.slice(0, 5));
    const peer = join({ run: 'a', after: '3', stream: store.streamOf('a') });
    await isLive(peer);
    expect(peer.messages[0]).toMatchObject({ after: 3, run: { stream: store.streamOf('a') } });
    expect(peer.messages[0]).not.toHaveProperty('restart');
    expect(seqsOf(peer.messages)).toEqual([4, 5]);
  });

  test('without a stream, of a run that began again, gets the events after its seq (P-128)', async () => {
    await keep('a', run.slice(0, 5));
    await store.remove('a');
    await hub.endOutdatedChannel('a');
    await keep('a', run.slice(0, 8));
    const peer = join({ run: 'a', after: '5' });
    await isLive(peer);
    expect(peer.messagesOf('hello')).toMatchObject([{ after: 5, run: { stream: store.streamOf('a') } }]);
    expect(peer.messages[0]).not.toHaveProperty('restart');
    expect(seqsOf(peer.messages)).toEqual([6, 7, 8]);
  });

  test.each([
    ['one run', { run: 'a' }],
    ['the latest run', { afterRun: 'a' }],
    ['the latest run without `afterRun`', {}],
  ])(
    'of %s that was deleted and begun again gets it from the beginning, which hello states (P-123, S-42)',
    async (_what, query) => {
      await keep('a', run.slice(0, 5));
      const stream = store.streamOf('a');
      await store.remove('a');
      await hub.endOutdatedChannel('a');
      await keep('a', run.slice(0, 8));
      const peer = join({ ...query, after: '5', stream });
      await isLive(peer);
      expect(peer.messagesOf('hello')).toMatchObject([
        { after: 0, restart: 'otherStream', run: { stream: store.streamOf('a') } },
      ]);
      expect(seqsOf(peer.messages)).toEqual(range(1, 8));
    },
  );

  test.each([
    ['one run', { run: 'a' }],
    ['the latest run', {}],
  ])(
    'of %s that is replaced while it is followed gets another hello and the new events from the beginning (P-86, P-126)',
    async (_what, query) => {
      await keep('a', run.slice(0, 5));
      const before = store.streamOf('a');
      const peer = join(query);
      await isLive(peer);
      await store.remove('a');
      await keep('a', run.slice(0, 3));
      await until(() => peer.messagesOf('live').length === 2);
      expect(peer.messagesOf('hello')).toMatchObject([
        { after: 0, run: { stream: before } },
        { after: 0, restart: 'otherStream', run: { stream: store.streamOf('a'), lastSeq: 3 } },
      ]);
      expect(seqsOf(peer.messages)).toEqual([...range(1, 5), ...range(1, 3)]);
      expect(peer.closedWith).toBeUndefined();
    },
  );

  test('of a run that is replaced while it reads history gets no event of the new one before its hello', async () => {
    await keepNoEvents();
    await keep('a', run);
    const peer = join({ run: 'a' }, { pageEvents: 1 });
    await until(() => seqsOf(peer.messages).length > 3);
    await store.remove('a');
    // Another gateway writes the new run: this one has no announcement of it yet.
    await store.append('a', run.slice(0, run.length - 1));
    await until(() => peer.messagesOf('live').length === 1);
    const second = peer.messages.findLastIndex(({ type }) => type === 'hello');
    expect(peer.messages[second]).toMatchObject({ after: 0, restart: 'otherStream' });
    expect(seqsOf(peer.messages.slice(second))).toEqual(range(1, run.length - 1));
    expect(peer.messagesOf('gap')).toEqual([]);
  });

  test('of a run whose end was lost gets another hello with another stream, and the rest from the beginning (P-126)', async () => {
    await keep('a', run.slice(0, 5));
    const before = store.streamOf('a');
    const losses: StreamLoss[] = [];
    hub.onLoss((loss) => losses.push(loss));
    const peer = join({ run: 'a' });
    await isLive(peer);
    store.loseEnd('a', 3);
    await hub.pullAll();
    await until(() => peer.messagesOf('live').length === 2);
    expect(store.streamOf('a')).not.toBe(before);
    expect(losses).toEqual([{ runId: 'a', knownSeq: 5, lastSeq: 3 }]);
    expect(peer.messagesOf('removed')).toEqual([]);
    expect(peer.messagesOf('hello').at(-1)).toMatchObject({
      ...{ after: 0, restart: 'otherStream' },
      run: { stream: store.streamOf('a'), lastSeq: 3 },
    });
    expect(seqsOf(peer.messages)).toEqual([...range(1, 5), ...range(1, 3)]);
  });

  test('that returns to an earlier run of its connection gets that run from the beginning, which hello states', async () => {
    await keep('a', run.slice(0, 5));
    const peer = join({ after: '3', stream: store.streamOf('a') });
    await isLive(peer);
    await keep('b', next.slice(0, 2));
    await until(() => peer.messagesOf('live').length === 2);
    await store.remove('b');
    await hub.endOutdatedChannel('b');
    await until(() => peer.messagesOf('live').length === 3);
    expect(peer.messagesOf('hello').map(({ run, after }) => [run.runId, after])).toEqual([
      ['a', 3],
      ['b', 0],
      ['a', 0],
    ]);
    expect(seqsOf(peer.messages)).toEqual([4, 5, 1, 2, ...range(1, 5)]);
  });

  test('gets only the requested types (P-68)', async () => {
    await keep('a', run.slice(0, 25));
    const peer = join({ types: 'epoch,run.finished' });
    await isLive(peer);
    await keep('a', run.slice(25));
    expect(peer.messages.map(({ type }) => type)).toEqual([
      'hello',
      'epoch',
      'live',
      'epoch',
      'run.finished',
    ]);
  });

  test('waits for the first run when there is none', async () => {
    const peer = join();
    await isLive(peer);
    expect(peer.messages).toEqual([
      expect.objectContaining({ type: 'hello', run: null }),
      { type: 'live', seq: 0 },
    ]);
    await keep('a', run.slice(0, 3));
    await until(() => peer.messagesOf('live').length === 2);
    expect(peer.messages[2]).toMatchObject({ type: 'hello', run: { runId: 'a' } });
    expect(seqsOf(peer.messages)).toEqual([1, 2, 3]);
  });

  test('of the latest run moves on to the next one (P-64)', async () => {
    await keep('a', run);
    const peer = join();
    await isLive(peer);
    await keep('b', next.slice(0, 4));
    await until(() => peer.messagesOf('live').length === 2);
    await keep('b', next.slice(4));
    expect(seqsOf(peer.messages)).toEqual([...range(1, run.length), ...range(1, next.length)]);
    expect(peer.messagesOf('hello').map((hello) => hello.run.runId)).toEqual(['a', 'b']);
  });

  test('that returns finishes its run before it moves on to the latest (P-67)', async () => {
    await keep('a', run);
    await keep('b', next);
    const peer = join({ run: 'latest', after: String(run.length - 2), afterRun: 'a' });
    await isLive(peer);
    expect(peer.messagesOf('hello').map((hello) => hello.run.runId)).toEqual(['a', 'b']);
    expect(seqsOf(peer.messages)).toEqual([run.length - 1, run.length, ...range(1, next.length)]);
  });

  test('that returns to a store without its run begins with the latest (P-92)', async () => {
    await keep('b', next);
    const peer = join({ run: 'latest', after: '500', afterRun: 'gone' });
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual(range(1, next.length));
  });

  test('of the latest run waits for the next one when that run cannot be read', async () => {
    await keep('a', run);
    const summary = store.summary.bind(store);
    store.summary = async (runId) => {
      if (runId === 'a') throw new DamagedRunError(runId, 'event 1 cannot be read');
      return summary(runId);
    };
    const peer = join();
    await until(() => peer.messagesOf('hello').length === 1);
    expect(peer.messages[0]).toMatchObject({ type: 'hello', run: null });
    await keep('b', next);
    await until(() => seqsOf(peer.messages).length === next.length);
    expect(peer.messagesOf('hello')[1]).toMatchObject({ run: { runId: 'b' } });
    expect(seqsOf(peer.messages)).toEqual(range(1, next.length));
  });

  test('of one run stays with it when another begins (P-64)', async () => {
    await keep('a', run.slice(0, 5));
    const peer = join({ run: 'a' });
    await isLive(peer);
    await keep('b', next);
    await keep('a', run.slice(5, 6));
    expect(seqsOf(peer.messages)).toEqual(range(1, 6));
    expect(peer.messagesOf('hello')).toHaveLength(1);
  });

  test('of an unknown run is closed as runNotFound', async () => {
    const peer = join({ run: 'nowhere' });
    await until(() => peer.isClosed);
    expect(peer.closedWith).toBe('runNotFound');
    expect(peer.messages).toEqual([]);
  });

  test('of a removed run is closed as runDeleted; one of the latest run continues with the newest run (P-127)', async () => {
    await keep('b', next);
    await keep('a', run.slice(0, 5));
    const [ofRun, ofLatest] = [join({ run: 'a' }), join()];
    await Promise.all([isLive(ofRun), isLive(ofLatest)]);
    await store.remove('a');
    await hub.endOutdatedChannel('a');
    await until(() => ofLatest.messagesOf('live').length === 2);
    expect(ofRun.closedWith).toBe('runDeleted');
    expect(ofLatest.messagesOf('hello').map((hello) => hello.run.runId)).toEqual(['a', 'b']);
    expect(seqsOf(ofLatest.messages)).toEqual([...range(1, 5), ...range(1, next.length)]);
  });

  test('of a run that is removed while it reads history is closed as runDeleted', async () => {
    await keepNoEvents();
    await keep('a', run);
    const peer = join({ run: 'a' }, { pageEvents: 1 });
    await until(() => seqsOf(peer.messages).length > 3);
    await store.remove('a');
    await hub.endOutdatedChannel('a');
    await until(() => peer.isClosed);
    expect(peer.closedWith).toBe('runDeleted');
  });

  test('of a run whose events are missing gets a gap, reads once, and waits for the next event (P-80)', async () => {
    await keepNoEvents();
    await keep('a', run.slice(0, 8));
    let reads = 0;
    store.page = async (_runId, { after }) => {
      reads++;
      return { events: [], stream: store.streamOf('a'), version: 1, through: after, more: false };
    };
    const peer = join({ run: 'a' });
    await isLive(peer);
    hub.publish('a', run.slice(8, 9), store.streamOf('a'), 1);
    await until(() => peer.messages.at(-1)?.seq === 9);
    const [, ...others] = peer.messages;
    expect(others.map(({ type, seq, from, to }) => ({ type, seq, from, to }))).toEqual([
      { type: 'gap', from: 1, to: 8 },
      { type: 'live', seq: 8 },
      { type: run[8]!.type, seq: 9 },
    ]);
    expect(reads).toBe(1);
  });

  test('that reads too slowly is sent nothing until it has read, and then misses nothing (P-79, P-105, S-35)', async () => {
    await keep('a', run.slice(0, 2));
    const peer = join();
    await isLive(peer);
    const read = stall(peer);
    await keep('a', run.slice(2, 20));
    expect(seqsOf(peer.messages)).toEqual([1, 2]);
    expect((await hub.channel('a')).subscriberCount).toBe(0);
    read();
    await until(() => peer.messagesOf('live').length === 2);
    await keep('a', run.slice(20));
    expect(seqsOf(peer.messages)).toEqual(range(1, run.length));
    expect(peer.messagesOf('gap')).toEqual([]);
  });

  test.each(['memory', 'the store'])(
    'that falls far behind gets only the newest batch, the gaps, and every other event, from %s (P-80, P-106)',
    async (source) => {
      if (source === 'the store') await keepNoEvents();
      await keep('a', run.slice(0, 2));
      const peer = join({}, { staleEvents: 5 });
      await isLive(peer);
      const read = stall(peer);
      for (const event of run.slice(2)) await keep('a', [event]);
      read();
      await until(() => peer.messagesOf('live').length === 2);

      const newest = run.findLast(({ type }) => type === 'batch')!.seq;
      const rest = run.slice(2).filter(({ seq, type }) => type !== 'batch' || seq >= newest);
      expect(seqsOf(peer.messages)).toEqual([1, 2, ...rest.map(({ seq }) => seq)]);
      const skipped = run.slice(2).filter(({ seq, type }) => type === 'batch' && seq < newest);
      const gaps = peer.messagesOf('gap').flatMap(({ from, to }) => range(from, to));
      expect(gaps).toEqual(skipped.map(({ seq }) => seq));
      // Gaps and events are in order, so that a viewer may resume after the greatest seq that it has received.
      const order = peer.messages.flatMap(({ type, from, seq }) => (type === 'gap' ? [from] : (seq ?? [])));
      expect(order).toEqual(order.toSorted((one, other) => one - other));
    },
  );

  test('of batches only that falls far behind is sent the newest (P-80)', async () => {
    await keepNoEvents();
    await keep('a', run.slice(0, 2));
    const peer = join({ types: 'batch' }, { staleEvents: 5 });
    await isLive(peer);
    const read = stall(peer);
    await keep('a', run.slice(2, 16));
    read();
    await until(() => peer.messagesOf('live').length === 2);
    expect(peer.messages.slice(-3)).toEqual([
      { type: 'gap', from: 3, to: 15 },
      expect.objectContaining({ type: 'batch', seq: 16 }),
      { type: 'live', seq: 16 },
    ]);
  });

  test('with `complete` skips nothing, however far it falls behind (P-70)', async () => {
    await keep('a', run.slice(0, 2));
    const peer = join({ complete: 'true' }, { staleEvents: 0 });
    await isLive(peer);
    const read = stall(peer);
    await keep('a', run.slice(2));
    read();
    await until(() => peer.messagesOf('live').length === 2);
    expect(seqsOf(peer.messages)).toEqual(range(1, run.length));
  });

  test('with `bundle` gets the history in bundles, and new events one by one', async () => {
    await keep('a', run.slice(0, 20));
    const peer = join({ bundle: 'true' });
    await isLive(peer);
    await keep('a', run.slice(20, 22));
    await until(() => seqsOf(peer.messages).length > 0);
    expect(peer.messagesOf('events').map(({ events }) => seqsOf(events))).toEqual([range(1, 20)]);
    expect(seqsOf(peer.messages)).toEqual([21, 22]);
  });

  test('skips nothing of the history (P-107)', async () => {
    await keep('a', run);
    const peer = join({}, { staleEvents: 0 });
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual(range(1, run.length));
  });

  test('gets every broadcast while it reads, and is closed as slow when it reads none of many (P-250, S-35)', async () => {
    await keep('a', run.slice(0, 2));
    const peer = join({}, { unreadBroadcastBytes: 1_000 });
    await isLive(peer);
    const note = {
      type: 'annotated',
      runId: 'a',
      title: 'x'.repeat(300),
      note: null,
      pinned: false,
    } as const;
    for (let count = 0; count < 10; count++) hub.broadcast(note);
    expect(peer.messagesOf('annotated')).toHaveLength(10);
    peer.bufferedBytes = limits.unreadBytes - 1;
    for (let count = 0; count < 5; count++) hub.broadcast(note);
    expect(peer.messagesOf('annotated')).toHaveLength(15);
    peer.bufferedBytes = 0;
    hub.broadcast(note);
    peer.bufferedBytes = limits.unreadBytes;
    hub.broadcast(note);
    expect([peer.messagesOf('annotated').length, peer.closedWith]).toEqual([17, undefined]);
    for (let count = 0; count < 3; count++) hub.broadcast(note);
    expect([peer.messagesOf('annotated').length, peer.closedWith]).toEqual([17, 'slow']);
  });

  test('that does not read at all is closed as slow (S-35)', async () => {
    await keep('a', run.slice(0, 2));
    const peer = join({}, { stallTimeoutMs: 20 });
    await isLive(peer);
    peer.bufferedBytes = limits.unreadBytes;
    peer.drained = async () => false;
    await keep('a', run.slice(2, 4));
    await until(() => peer.isClosed);
    expect(peer.closedWith).toBe('slow');
    expect(seqsOf(peer.messages)).toEqual([1, 2]);
  });

  test('waits for history while all viewers together have too much unread, and continues live (P-251, S-35)', async () => {
    await keep('a', run.slice(0, 2));
    const quick = join();
    await isLive(quick);
    traffic.unreadBytes = limits.allUnreadBytes;
    const late = join();
    await until(() => late.messagesOf('hello').length === 1);
    await keep('a', run.slice(2, 4));
    expect(seqsOf(quick.messages)).toEqual(range(1, 4));
    expect(seqsOf(late.messages)).toEqual([]);
    traffic.unreadBytes = 0;
    await isLive(late);
    expect(seqsOf(late.messages)).toEqual(range(1, 4));
  });

  test('of a run that is removed during its hello is closed as runDeleted', async () => {
    await keep('a', run);
    await keep('b', next);
    store.summary = async (runId) => {
      await store.remove(runId);
      await hub.endOutdatedChannel(runId);
      return undefined;
    };
    const peer = join({ run: 'a' });
    await until(() => peer.isClosed);
    expect(peer.closedWith).toBe('runDeleted');
    expect(peer.messagesOf('live')).toEqual([]);
  });

  describe('with maxRate', () => {
    const at = (seq: number, type: EventType): NewEvent => {
      const { event } = run.find((each) => each.type === type)!;
      return toNewEvent({ ...event, seq });
    };
    const [first, ...others] = range(1, 20).map((seq) => at(seq, 'batch')) as [NewEvent, ...NewEvent[]];
    const joinAfterFirst = async (maxRate: string): Promise<FakePeer> => {
      await keep('a', [first]);
      const peer = join({ maxRate });
      await isLive(peer);
      return peer;
    };

    test('gets the newest batch at its rate, and the last one (P-69)', async () => {
      const peer = await joinAfterFirst('20');
      const begin = performance.now();
      for (const event of others.slice(0, 10)) {
        await keep('a', [event]);
        await delay(10);
      }
      await until(() => peer.messagesOf('batch').at(-1)?.seq === 11);
      const slots = Math.floor((performance.now() - begin) / 50);
      expect(peer.messagesOf('batch').length).toBeLessThanOrEqual(2 + slots);
      expect(peer.messagesOf('batch').length).toBeGreaterThan(2);
      expect(peer.messagesOf('gap')).toEqual([]);
    });

    test('gets other events at once, after the newest batch before them', async () => {
      const peer = await joinAfterFirst('0.01');
      for (const event of others.slice(0, 3)) await keep('a', [event]);
      expect(peer.messagesOf('batch').map(({ seq }) => seq)).toEqual([1, 2]);
      await keep('a', [at(5, 'epoch')]);
      expect(peer.messagesOf('batch').map(({ seq }) => seq)).toEqual([1, 2, 4]);
      expect(peer.messages.at(-1)).toMatchObject({ type: 'epoch' });
    });

    test('gets the newest batch before each other event, also within one publication (P-69)', async () => {
      const all = await joinAfterFirst('0.01');
      const some = join({ maxRate: '0.01', types: 'batch,system' });
      await isLive(some);
      for (const event of others.slice(0, 2)) await keep('a', [event]);
      const burst: EventType[] = ['epoch', 'batch', 'batch', 'epoch', 'batch', 'batch', 'system', 'batch'];
      await keep(
        'a',
        burst.map((type, index) => at(4 + index, type)),
      );
      expect(seqsOf(all.messages)).toEqual([1, 2, 3, 4, 6, 7, 9, 10, 11]);
      expect(seqsOf(some.messages)).toEqual([1, 2, 9, 10, 11]);
    });

    test('that reads too slowly skips stale batches, without a gap (P-80)', async () => {
      const peer = await joinAfterFirst('0.01');
      const read = stall(peer);
      await keep('a', others.slice(0, 3));
      await keep('a', [at(5, 'epoch'), at(6, 'batch')]);
      expect(peer.messagesOf('batch').map(({ seq }) => seq)).toEqual([1]);
      read();
      await until(() => peer.messagesOf('batch').at(-1)?.seq === 6);
      expect(seqsOf(peer.messages)).toEqual([1, 4, 5, 6]);
      expect(peer.messagesOf('gap')).toEqual([]);
    });

    test.each([
      ['up to there', 3],
      ['and later ones together', 5],
    ])('gets no event again that it has read before its publication: %s', async (_what, count) => {
      await keepNoEvents();
      await keep('a', [first]);
      const page = store.page.bind(store);
      store.page = async (...selection) => {
        store.page = page;
        await store.append('a', others.slice(0, 3));
        return page(...selection);
      };
      const peer = join({ maxRate: '100' });
      await isLive(peer);
      expect(seqsOf(peer.messages)).toEqual([1, 2, 3, 4]);
      await keep('a', others.slice(0, count));
      await keep('a', [at(count + 2, 'epoch')]);
      await until(() => peer.messagesOf('epoch').length > 0);
      const seqs = seqsOf(peer.messages);
      expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));
    });

    test('gets the complete history (P-69, P-107)', async () => {
      await keep('a', run);
      const peer = join({ maxRate: '1' });
      await isLive(peer);
      expect(seqsOf(peer.messages)).toEqual(range(1, run.length));
    });

    test('continues from the store with events that are no longer in memory', async () => {
      await keepNoEvents();
      const peer = await joinAfterFirst('20');
      for (const event of others.slice(0, 6)) await keep('a', [event]);
      await until(() => peer.messagesOf('batch').at(-1)?.seq === 7);
      expect(peer.messagesOf('batch').length).toBeLessThan(7);
    });

    test('leaves no subscription behind', async () => {
      const peer = await joinAfterFirst('0.01');
      await keep('a', others.slice(0, 1));
      await keep('a', others.slice(1, 2));
      peer.close('normal');
      await until(() => peer.isClosed);
      expect((await hub.channel('a')).subscriberCount).toBe(0);
    });
  });

  describe('of version 1', () => {
    const unfit = sampleRunOfVersion2('c').map(toNewEvent);
    /** An event that only version 2 has, with the seq that it has in the run `a`. */
    const newEventAt = (seq: number): NewEvent =>
      toNewEvent({ ...run[0]!.event, seq, type: 'batch', data: { step: 1, loss: 0.5 } });
    const keepNew = async (seq: number): Promise<void> => {
      await store.append('a', [newEventAt(seq)]);
      hub.publish('a', [newEventAt(seq)], store.streamOf('a'), 2);
    };

    test.each([{}, { maxRate: '100' }])(
      'is closed before the first event that does not fit, and has every event before it (%j) (P-44)',
      async (query) => {
        await keep('a', run.slice(0, 3));
        const peer = join({ run: 'a', ...query }, {}, 1);
        await isLive(peer);
        await keep('a', run.slice(3, 4));
        await keepNew(5);
        await until(() => peer.isClosed);
        expect(peer.closedWith).toBe('upgradeRequired');
        expect(seqsOf(peer.messages)).toEqual(range(1, 4));
      },
    );

    test.each([
      ['live', {}, {}],
      ['at a limited rate', { maxRate: '100' }, {}],
      ['from memory, after it has not read', { complete: 'true' }, { stalls: true }],
      ['from the store, after it has not read', { complete: 'true' }, { stalls: true, isInMemory: false }],
    ])(
      'gets %s every event that fits, when one commit has them and the first that does not',
      async (_how, query, {
        stalls = false,
        isInMemory = true,
      }: { stalls?: boolean; isInMemory?: boolean }) => {
        if (!isInMemory) await keepNoEvents();
        await keep('a', run.slice(0, 3));
        const peer = join({ run: 'a', ...query }, {}, 1);
        await isLive(peer);
        const read = stalls ? stall(peer) : () => {};
        const commit = [...run.slice(3, 20), newEventAt(21), { ...run[21]!, seq: 22, version: 2 as const }];
        await store.append('a', commit);
        hub.publish('a', commit, store.streamOf('a'), 2);
        read();
        await until(() => peer.isClosed);
        expect(peer.closedWith).toBe('upgradeRequired');
        const seqs = seqsOf(peer.messages);
        // With a limited rate, only the newest of successive batches is sent.
        if ('maxRate' in query) expect([seqs.slice(0, 3), seqs.at(-1)]).toEqual([[1, 2, 3], 20]);
        else expect(seqs).toEqual(range(1, 20));
      },
    );

    test('is closed without a hello when the run does not fit, also after a restart of the gateway (P-45)', async () => {
      await store.append('c', unfit);
      hub = await Hub.open(store, limits);
      for (const query of [{ run: 'c' }, {}, { run: 'c', types: 'batch' }]) {
        const peer = join(query, {}, 1);
        await until(() => peer.isClosed);
        expect([peer.closedWith, peer.messages]).toEqual(['upgradeRequired', []]);
      }
    });

    test('is closed when it reads an event from the store that is not published yet', async () => {
      await keepNoEvents();
      await keep('a', run.slice(0, 3));
      const page = store.page.bind(store);
      store.page = async (...selection) => {
        store.page = page;
        await store.append('a', [newEventAt(4)]);
        return page(...selection);
      };
      const peer = join({ run: 'a' }, {}, 1);
      await until(() => peer.isClosed);
      expect(peer.closedWith).toBe('upgradeRequired');
      // The published events fit, and are sent before.
      expect(peer.messages.map(({ type }) => type)).toEqual(['hello', 'run.started', 'batch', 'batch']);
    });

    test('that follows `latest` is closed when a run begins that does not fit', async () => {
      await keep('a', run);
      const peer = join({}, {}, 1);
      await isLive(peer);
      await store.append('c', unfit.slice(0, 2));
      hub.publish('c', unfit.slice(0, 2), store.streamOf('c'), 2);
      await until(() => peer.isClosed);
      expect(peer.closedWith).toBe('upgradeRequired');
      expect(peer.messages.every(({ runId }) => runId !== 'c')).toBe(true);
    });

    test.each<[how: string, query: Record<string, string>]>([
      ['live', {}],
      ['at a limited rate', { maxRate: '100' }],
      ['from memory', { after: '1' }],
      ['from the store', {}],
    ])('is not sent events of types that version 1 does not have, %s (P-43)', async (how, query) => {
      if (how === 'from the store') await keepNoEvents();
      const layers = (seq: number) =>
        toNewEvent({ ...run[0]!.event, seq, type: 'layers', data: { step: 1, tensors: [] } });
      const events = [layers(3), { ...run[3]!, seq: 4 }, layers(5)];
      const isLate = how.startsWith('from');
      await keep('a', isLate ? [...run.slice(0, 2), ...events] : run.slice(0, 2));
      const [old, current] = [join({ run: 'a', ...query }, {}, 1), join({ run: 'a', ...query })];
      await isLive(old);
      await isLive(current);
      if (!isLate) await keep('a', events);
      await until(() => current.messages.some(({ seq, v }) => v === 1 && seq === 5));
      const first = 'after' in query ? 2 : 1;
      expect(seqsOf(current.messages)).toEqual(range(first, 5));
      expect(seqsOf(old.messages)).toEqual([...range(first, 2), 4]);
      expect(old.messages.some(({ type }) => type === 'gap')).toBe(false);
      expect(old.closedWith).toBeUndefined();
    });

    test('that selects only types that version 1 does not have is sent none, and stays connected', async () => {
      await keepNoEvents();
      await keep('a', run.slice(0, 5));
      const peer = join({ run: 'a', types: 'layers,probe' }, {}, 1);
      await isLive(peer);
      expect(peer.messages.map(({ type, seq }) => [type, seq])).toEqual([
        ['hello', undefined],
        ['live', 5],
      ]);
    });

    test('leaves viewers of version 2 connected', async () => {
      await keep('a', run.slice(0, 3));
      const [old, current] = [join({ run: 'a' }, {}, 1), join({ run: 'a' })];
      await isLive(old);
      await isLive(current);
      await keepNew(4);
      await until(() => old.isClosed && current.messages.at(-1)?.seq === 4);
      expect(current.isClosed).toBe(false);
    });

    test('receives statuses without the commands that only version 2 has (P-46)', async () => {
      await keep('a', run.slice(0, 1));
      const [old, current] = [join({}, {}, 1), join({})];
      await isLive(old);
      await isLive(current);
      const status = { runId: 'a', status: 'running', connected: true, viewers: 2 } as const;
      hub.broadcast({ type: 'status', ...status, commands: ['pause', 'enqueue', 'listQueue'] });
      expect(old.messages.at(-1)).toEqual({ type: 'status', ...status, commands: ['pause'] });
      expect(current.messages.at(-1)?.commands).toEqual(['pause', 'enqueue', 'listQueue']);
    });
  });
});
