import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { limits } from '../../src/limits.ts';
import { Hub } from '../../src/live/hub.ts';
import { IdleTrainers } from '../../src/presence/idle-trainers.ts';
import { type PublisherConnection, Publishers } from '../../src/presence/publishers.ts';
import { StartingRuns } from '../../src/presence/starting-runs.ts';
import { RunFolders } from '../../src/runs/run-folders.ts';
import { RunSummaries } from '../../src/runs/run-summaries.ts';
import { StatusBroadcaster } from '../../src/runs/status-broadcaster.ts';
import { toNewEvent } from '../../src/store/store.ts';
import type { Message } from '../support/connection.ts';
import { unframe } from '../support/frames.ts';
import { MemoryStore } from '../support/memory-store.ts';

const start = new Date('2026-11-24T10:00:00.000Z');
const run = sampleRun({ runId: 'a', startedAt: start }).slice(0, 5).map(toNewEvent);
const finish = toNewEvent({ ...sampleRun({ runId: 'a', startedAt: start }).at(-1)!, seq: 6 });

describe('the status broadcaster', () => {
  let store: MemoryStore;
  let hub: Hub;
  let publishers: Publishers;
  let broadcaster: StatusBroadcaster;
  let idleTrainers: IdleTrainers;
  let messages: Message[];

  beforeEach(async () => {
    jest.useFakeTimers({ now: start, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    store = new MemoryStore();
    publishers = new Publishers();
    messages = [];
  });
  afterEach(() => {
    broadcaster.close();
    jest.useRealTimers();
  });

  /** Starts a broadcaster for the runs of the store, and a viewer that records its messages. */
  async function open(): Promise<void> {
    hub = await Hub.open(store, limits);
    const runs = new RunSummaries({ store, publishers, folders: new RunFolders('nowhere', limits), limits });
    idleTrainers = new IdleTrainers();
    const starts = new StartingRuns({ publishers, idleTrainers, limits });
    const shared = { store, hub, publishers, runs, limits, idleTrainers, starts };
    broadcaster = new StatusBroadcaster({ ...shared, onFailure: (error) => messages.push(error as never) });
    await broadcaster.open();
    hub.addViewer({
      version: 2,
      onBroadcast: (frame) => messages.push(...unframe(frame).map((text) => JSON.parse(text) as Message)),
      onNewestRunChange() {},
    });
    await advance(2);
    messages.length = 0;
  }
  /** Advances the clock. */
  async function advance(seconds: number): Promise<void> {
    for (let at = 0; at < seconds; at++) {
      jest.advanceTimersByTime(1_000);
      await nextTurn();
    }
  }
  function publisher(): PublisherConnection {
    const now = performance.now();
    const presence = {
      publisherId: 'publisher-1',
      connectedAt: now,
      lastMessageAt: now,
      disconnectedAt: undefined,
    };
    const connection: PublisherConnection = {
      ...{ publisherId: 'publisher-1', commands: [], presence },
      ...{ send: () => {}, closeAsReplaced: () => {}, closeAsTaken: () => {}, settled: async () => {} },
    };
    publishers.claim('a', connection);
    return connection;
  }
  /** Stores and publishes events. */
  async function keep(events = run): Promise<void> {
    await store.append('a', events);
    hub.publish('a', events, store.streamOf('a'), 1);
    await nextTurn();
  }
  const statuses = () => messages.map(({ status }) => status);

  test('reports a silent run as stalled after 20 s, a disconnected one as interrupted after 60 s, and both as running again (P-101, P-102)', async () => {
    await open();
    const first = publisher();
    await keep();
    await advance(19);
    expect(statuses()).toEqual(['running']);
    await advance(3);
    expect(statuses()).toEqual(['running', 'stalled']);
    publishers.markDisconnected('a', first);
    await advance(58);
    expect(messages.at(-1)).toMatchObject({ status: 'stalled', connected: false });
    await advance(4);
    expect(messages.at(-1)).toMatchObject({ status: 'interrupted', connected: false });
    publisher();
    await advance(1);
    expect(messages.at(-1)).toMatchObject({ status: 'running', connected: true });
  });

  test('reports a run as going on that has lost its end', async () => {
    await open();
    const first = publisher();
    await keep();
    await keep([finish]);
    publishers.markDisconnected('a', first);
    await advance(2);
    expect(messages.at(-1)).toMatchObject({ status: 'completed' });
    store.loseEnd('a', 5);
    await hub.verify('a');
    await advance(2);
    expect(messages.at(-1)).toMatchObject({ type: 'status', runId: 'a', status: 'running' });
  });

  test('reports a run as interrupted whose hello shows it as going on, although it had ended before (P-82)', async () => {
    await store.append('a', [...run, finish]);
    await store.append('b', sampleRun({ runId: 'b', startedAt: start }).map(toNewEvent));
    await open();
    store.loseEnd('a', 5);
    hub.noteHello({ runId: 'a', status: 'running' });
    await advance(2);
    expect(messages).toEqual([
      expect.objectContaining({ type: 'status', runId: 'a', status: 'running', connected: false }),
    ]);
    await advance(60);
    expect(messages.at(-1)).toMatchObject({ runId: 'a', status: 'interrupted', connected: false });
    messages.length = 0;
    hub.noteHello({ runId: 'b', status: 'completed' });
    await advance(2);
    expect(messages).toEqual([]);
  });

  test('repeats what a hello has shown between two broadcasts, although it has changed back', async () => {
    await open();
    const trainer = { publisherId: 'trainer-1', commands: [], send: () => {} };
    const removeTrainer = idleTrainers.add(trainer);
    const first = publisher();
    await keep();
    await advance(2);
    messages.length = 0;
    publishers.markDisconnected('a', first);
    removeTrainer();
    hub.noteHello({ runId: 'a', status: 'running' });
    publisher();
    idleTrainers.add(trainer);
    await advance(2);
    expect(messages).toEqual([
      expect.objectContaining({ type: 'status', runId: 'a', connected: true }),
      { type: 'trainers', waiting: 1, starting: [] },
    ]);
  });

  test('keeps a run running whose publisher is disconnected for less than a minute (P-99, P-103)', async () => {
    await open();
    const first = publisher();
    await keep();
    await advance(5);
    publishers.markDisconnected('a', first);
    await advance(15);
    publisher();
    await advance(5);
    expect(statuses()).not.toContain('interrupted');
    expect(messages.at(-1)).toMatchObject({ status: 'running', connected: true });
  });

  test('gives a publisher 20 s to reconnect after a restart (P-102)', async () => {
    await store.append('a', run);
    await open();
    await advance(16);
    expect(statuses()).toEqual([]);
    await advance(6);
    expect(statuses()).toEqual(['interrupted']);
  });

  test('broadcasts nothing while nothing changes', async () => {
    await open();
    const { presence } = publisher();
    await keep();
    for (let at = 0; at < 60; at++) {
      await advance(1);
      presence.lastMessageAt = performance.now();
    }
    expect(statuses()).toEqual(['running']);
  });

  test('repeats nothing after a hello that has shown what was broadcast', async () => {
    await open();
    publisher();
    await keep();
    await advance(2);
    messages.length = 0;
    for (const runId of ['a', 'b']) hub.noteHello({ runId, status: 'running' });
    hub.noteHello(undefined);
    await advance(2);
    expect(messages).toEqual([]);
  });

  test('broadcasts a change at once, and further ones after an interval', async () => {
    await open();
    const trainer = (publisherId: string) => ({ publisherId, commands: [], send() {} });
    idleTrainers.add(trainer('publisher-1'));
    jest.advanceTimersByTime(1);
    expect(messages).toMatchObject([{ type: 'trainers', waiting: 1 }]);
    idleTrainers.add(trainer('publisher-2'));
    idleTrainers.add(trainer('publisher-3'));
    jest.advanceTimersByTime(limits.statusIntervalMs - 2);
    expect(messages).toHaveLength(1);
    jest.advanceTimersByTime(2);
    expect(messages.slice(1)).toMatchObject([{ type: 'trainers', waiting: 3 }]);
  });

  test('broadcasts nothing after it was closed', async () => {
    await open();
    publisher();
    await keep();
    await advance(2);
    messages.length = 0;
    idleTrainers.add({ publisherId: 'publisher-2', commands: [], send() {} });
    broadcaster.close();
    await advance(limits.stalledAfterMs / 1_000 + 2);
    expect([messages, jest.getTimerCount()]).toEqual([[], 0]);
  });

  test('reports the number of viewers of an ended run that is the newest again, after a later one was removed', async () => {
    const ended = sampleRun({ runId: 'a', startedAt: start }).map(toNewEvent);
    await store.append('a', ended);
    await store.append('b', sampleRun({ runId: 'b', startedAt: start }).slice(0, 5).map(toNewEvent));
    await open();
    await store.remove('b');
    await hub.endOutdatedChannel('b');
    await nextTurn();
    hub.addViewer({ version: 2, onBroadcast() {}, onNewestRunChange() {} });
    await advance(2);
    expect(messages.at(-1)).toMatchObject({ runId: 'a', status: 'completed', viewers: 2 });
  });

  test('reports the number of viewers less often, the more there are, and a changed status at once (P-82)', async () => {
    await open();
    publisher();
    await keep();
    const counts = () => messages.map(({ viewers }) => viewers);
    const join = (count: number): void => {
      for (let viewer = 0; viewer < count; viewer++)
        hub.addViewer({ version: 2, onBroadcast() {}, onNewestRunChange() {} });
    };
    await advance(2);
    messages.length = 0;
    join(9_999);
    await advance(1);
    expect(counts()).toEqual([10_000]);
    join(1);
    await advance(4);
    expect(counts()).toEqual([10_000]);
    await advance(1);
    expect(counts()).toEqual([10_000, 10_001]);
    join(1);
    publishers.markDisconnected('a', publisher());
    await advance(1);
    expect(messages.at(-1)).toMatchObject({ connected: false, viewers: 10_002 });
  });
});
