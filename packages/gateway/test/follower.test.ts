import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { check, liveQuery } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { follow } from '../src/follower.ts';
import { Hub } from '../src/hub.ts';
import { Publishers } from '../src/ingest/publishers.ts';
import { type Limits, limits } from '../src/limits.ts';
import { RunFolders } from '../src/run-folders.ts';
import { Runs } from '../src/runs.ts';
import { type StoredEvent, toStored } from '../src/store/store.ts';
import { afterTest } from './support/cleanup.ts';
import { range, seqsOf } from './support/connection.ts';
import { FakePeer } from './support/fake-peer.ts';
import { MemoryStore } from './support/memory-store.ts';
import { until } from './support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 15 }).map(toStored);
const next = sampleRun({ runId: 'b', epochs: 1, batchesPerEpoch: 5 }).map(toStored);

describe('a follower', () => {
  let store: MemoryStore;
  let hub: Hub;
  beforeEach(async () => {
    store = new MemoryStore();
    hub = await Hub.open(store);
  });

  async function keep(runId: string, events: readonly StoredEvent[]): Promise<void> {
    await store.append(runId, events);
    hub.publish(runId, events);
  }

  function join(query: object = {}, changed: Partial<Limits> = {}): FakePeer {
    const peer = new FakePeer();
    const parsed = check(liveQuery, query);
    if (!parsed.ok) throw new Error('expected a valid query');
    const runs = new Runs(store, new Publishers(), new RunFolders('nowhere'));
    const done = follow({
      peer,
      query: parsed.value,
      hub,
      store,
      runs,
      limits: { ...limits, pageEvents: 10, ...changed },
    });
    afterTest(() => {
      peer.close('normal');
      return done;
    });
    return peer;
  }

  const isLive = (peer: FakePeer) => until(() => peer.of('live').length > 0);

  test('gets hello, history in order, live, and then what comes', async () => {
    await keep('a', run.slice(0, 25));
    const peer = join();
    await isLive(peer);
    await keep('a', run.slice(25, 28));
    expect(peer.messages[0]).toMatchObject({ type: 'hello', run: { runId: 'a', lastSeq: 25 } });
    expect(seqsOf(peer.messages)).toEqual(range(1, 28));
    expect(peer.messages[26]).toEqual({ type: 'live', seq: 25 });
  });

  test('waits for the socket between pieces of history', async () => {
    await keep('a', run.slice(0, 25));
    const peer = join();
    peer.bufferedBytes = limits.catchUpBufferedBytes;
    let open = (): void => {};
    peer.drain = () => new Promise((resolve) => (open = resolve));
    await until(() => seqsOf(peer.messages).length === 1);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(seqsOf(peer.messages)).toEqual([1]);
    open();
    await until(() => seqsOf(peer.messages).length === 2);
    peer.drain = async () => {};
    open();
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual(range(1, 25));
  });

  test('gets nothing twice and nothing late when events are published while it catches up', async () => {
    await keep('a', run.slice(0, 12));
    const peer = join({}, { pageEvents: 3 });
    let published = 12;
    store.pause = nextTurn;
    while (peer.of('live').length === 0 && published < run.length)
      await keep('a', run.slice(published, ++published));
    await keep('a', run.slice(published));
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual(range(1, run.length));
  });

  test('begins after the seq it is given', async () => {
    await keep('a', run.slice(0, 12));
    const peer = join({ run: 'a', after: '9' });
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual([10, 11, 12]);
  });

  test('gets nothing up to a seq that the run has not reached yet', async () => {
    await keep('a', run.slice(0, 5));
    const peer = join({ run: 'a', after: '8' });
    await isLive(peer);
    expect(peer.messages[0]).toMatchObject({ run: { lastSeq: 5 } });
    await keep('a', run.slice(5, 10));
    expect(seqsOf(peer.messages)).toEqual([9, 10]);
  });

  test('gets only the types it asked for', async () => {
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
    await until(() => peer.of('live').length === 2);
    expect(peer.messages[2]).toMatchObject({ type: 'hello', run: { runId: 'a' } });
    expect(seqsOf(peer.messages)).toEqual([1, 2, 3]);
  });

  test('of the latest run goes on with the next one', async () => {
    await keep('a', run);
    const peer = join();
    await isLive(peer);
    await keep('b', next.slice(0, 4));
    await until(() => peer.of('live').length === 2);
    await keep('b', next.slice(4));
    expect(seqsOf(peer.messages)).toEqual([...range(1, run.length), ...range(1, next.length)]);
    expect(peer.of('hello').map((hello) => hello.run.runId)).toEqual(['a', 'b']);
  });

  test('that comes back finishes the run it had before it goes on with the latest', async () => {
    await keep('a', run);
    await keep('b', next);
    const peer = join({ run: 'latest', after: String(run.length - 2), afterRun: 'a' });
    await isLive(peer);
    expect(peer.of('hello').map((hello) => hello.run.runId)).toEqual(['a', 'b']);
    expect(seqsOf(peer.messages)).toEqual([run.length - 1, run.length, ...range(1, next.length)]);
  });

  test('that comes back to a store without its run begins with the latest', async () => {
    await keep('b', next);
    const peer = join({ run: 'latest', after: '500', afterRun: 'gone' });
    await isLive(peer);
    expect(seqsOf(peer.messages)).toEqual(range(1, next.length));
  });

  test('of one run stays with it', async () => {
    await keep('a', run.slice(0, 5));
    const peer = join({ run: 'a' });
    await isLive(peer);
    await keep('b', next);
    await keep('a', run.slice(5, 6));
    expect(seqsOf(peer.messages)).toEqual(range(1, 6));
    expect(peer.of('hello')).toHaveLength(1);
  });

  test('of a run that is not there is told so', async () => {
    const peer = join({ run: 'nowhere' });
    await until(() => peer.gone.aborted);
    expect(peer.closedWith).toBe('runNotFound');
    expect(peer.messages).toEqual([]);
  });

  test('that reads too slowly is given no more until it has read, and then misses nothing', async () => {
    await keep('a', run.slice(0, 2));
    const peer = join();
    await isLive(peer);
    let open = (): void => {};
    peer.bufferedBytes = limits.unreadBytes;
    peer.drain = () => new Promise((resolve) => (open = resolve));
    await keep('a', run.slice(2, 20));
    expect(seqsOf(peer.messages)).toEqual([1, 2, 3]);
    expect((await hub.channel('a')).subscriberCount).toBe(0);
    peer.bufferedBytes = 0;
    open();
    await until(() => peer.of('live').length === 2);
    await keep('a', run.slice(20));
    expect(seqsOf(peer.messages)).toEqual(range(1, run.length));
  });

  test('that does not read at all is closed as slow', async () => {
    await keep('a', run.slice(0, 2));
    const peer = join({}, { stallTimeoutMs: 20 });
    await isLive(peer);
    peer.bufferedBytes = limits.unreadBytes;
    peer.drain = () => new Promise((resolve) => peer.gone.addEventListener('abort', () => resolve()));
    await keep('a', run.slice(2, 4));
    await until(() => peer.gone.aborted);
    expect(peer.closedWith).toBe('slow');
    expect(seqsOf(peer.messages)).toEqual([1, 2, 3]);
  });
});
