import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Command,
  type CommandResult,
  encode,
  MonitorError,
  type MonitorEvent,
  type PublisherHello,
} from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { PublisherSession } from '../../src/ingest/publisher-session.ts';
import { RunBoundsCache } from '../../src/ingest/run-bounds.ts';
import type { SessionContext } from '../../src/ingest/session-context.ts';
import { limits as standardLimits } from '../../src/limits.ts';
import { Hub } from '../../src/live/hub.ts';
import type { CommandTarget } from '../../src/presence/command-target.ts';
import { Publishers } from '../../src/presence/publishers.ts';
import { DamagedRunError } from '../../src/store/damaged-run.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';
import { FakePeer } from '../support/fake-peer.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { until } from '../support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 10 });
const stored = run.map(toNewEvent);
const limits = { ...standardLimits, commitIntervalMs: 0, unreadBytes: 1_000 };

describe('the session of a publisher', () => {
  let store: MemoryStore;
  let hub: Hub;
  let publishers: Publishers;
  let failure: MonitorError | undefined;
  let targets: CommandTarget[];
  let results: CommandResult[];
  let rejected: string[];
  let unexpected: unknown[];
  let streamChanged: (runId: string) => void;
  let context: SessionContext;
  beforeEach(async () => {
    store = new MemoryStore();
    publishers = new Publishers();
    [failure, targets, results, rejected, unexpected] = [undefined, [], [], [], []];
    hub = await Hub.open(store, limits);
    hub.onStreamChange = (listener) => {
      streamChanged = listener;
      return () => {
        streamChanged = () => {};
      };
    };
    context = {
      ...{ store, hub, publishers, limits, bounds: new RunBoundsCache(limits, store) },
      health: {
        get failure() {
          return failure && { code: failure.code, message: failure.message, since: new Date() };
        },
      },
      router: {
        attach(target: CommandTarget) {
          targets.push(target);
          return () => targets.splice(targets.indexOf(target), 1);
        },
        receiveResult: (result: CommandResult) => results.push(result),
      },
      metrics: { rejected: (code: string) => rejected.push(code) },
      onUnexpectedError: (error: unknown) => unexpected.push(error),
    } as unknown as SessionContext;
  });

  /** Creates a session that has not been opened. */
  function create(hello: Partial<PublisherHello> = {}, peer = new FakePeer()) {
    const session = new PublisherSession(context, peer, {
      ...{ type: 'hello', protocol: 1, runId: 'a', publisherId: 'publisher-1', commands: ['pause'] },
      ...hello,
    });
    const send = (events: readonly object[]): void => {
      for (const event of events) session.receive(encode(event));
    };
    return { peer, session, send };
  }
  async function open(hello: Partial<PublisherHello> = {}) {
    const created = create(hello);
    await created.session.open();
    return created;
  }
  const invalid = (seq: number, more: object = {}): object => ({ ...run[seq - 1], data: {}, ...more });

  describe('resumes its run', () => {
    test('after viewers have received the stored events that were not published', async () => {
      await store.append('a', stored.slice(0, 2));
      const order: string[] = [];
      (await hub.channel('a')).subscribe({
        onEvents: ({ first, last }) => order.push(`events ${first} to ${last}`),
        onRemoved() {},
      });
      // A write that seemed to fail.
      await store.append('a', stored.slice(2, 5));
      const peer = new FakePeer();
      peer.send = (text) => order.push(JSON.parse(text).type);
      await create({}, peer).session.open();
      expect(order).toEqual(['events 3 to 5', 'resume']);
    });

    test('with its last events in memory, so that viewers that reconnect are sent them without a read', async () => {
      await store.append('a', stored);
      await open();
      const channel = await hub.channel('a');
      const selection = { after: 0, types: -1, batchesFrom: 0, version: 1 as const };
      expect(channel.read(selection)?.through).toBe(run.length);
    });

    test('when its earlier connection has written its events', async () => {
      const first = await open();
      const append = store.append.bind(store);
      let write = (): void => {};
      store.append = async (...args) => {
        await new Promise<void>((resolve) => (write = resolve));
        return append(...args);
      };
      first.send(run.slice(0, 3));
      const second = create();
      const opened = second.session.open();
      expect(first.peer.closedWith).toBe('replaced');
      await nextTurn();
      await nextTurn();
      expect(second.peer.messages).toEqual([]);
      write();
      await opened;
      expect(second.peer.messages).toMatchObject([{ type: 'resume', after: 3 }]);
    });

    test('not while the store fails, nor while another publisher has the run', async () => {
      await open();
      const other = await open({ publisherId: 'publisher-2' });
      expect([other.peer.closedWith, other.peer.messages]).toEqual(['runTaken', []]);
      failure = new MonitorError('store.full', 'no space is left at /path');
      const own = await open({ runId: 'b' });
      expect(own.peer.closedWith).toBe('storeUnavailable');
      expect(own.peer.closeDetail).not.toContain('/path');
      expect(publishers.publisherOf('b')).toBeUndefined();
    });

    test.each([
      ['storeUnavailable', () => new MonitorError('store.failing', 'the disk has failed')],
      ['runDamaged', () => new DamagedRunError('a', 'event 3 cannot be read')],
    ] as const)('and is closed as %s when that fails, without the run', async (name, error) => {
      await store.append('a', stored.slice(0, 2));
      store.position = () => Promise.reject(error());
      const { peer } = await open();
      expect(peer.closedWith).toBe(name);
      expect(publishers.presenceOf('a')).toBeUndefined();
    });

    test('unless there is an internal error, which the caller gets', async () => {
      await store.append('a', stored.slice(0, 2));
      store.position = () => Promise.reject(new TypeError('an internal error'));
      await expect(open()).rejects.toThrow('an internal error');
      expect(publishers.presenceOf('a')).toBeUndefined();
    });

    test('although its summary cannot be read', async () => {
      await store.append('a', stored.slice(0, 2));
      store.summary = () => Promise.reject(new DamagedRunError('a', 'event 1 cannot be read'));
      const { peer } = await open();
      expect(peer.messages).toMatchObject([{ type: 'resume', after: 2 }]);
    });

    test('unless the run was replaced; a run that has lost events is the same run', async () => {
      await store.append('a', stored.slice(0, 2), '0123456789ab-00000001');
      const other = await open({ stream: '0123456789ac-00000001', acknowledged: 9 });
      expect(other.peer.closedWith).toBe('otherRun');
      expect(other.peer.closeDetail).toBe('Run a was replaced by another one; choose another id.');
      const same = await open({ stream: '0123456789ab-00000002', acknowledged: 2 });
      expect(same.peer.messages).toMatchObject([{ after: 2, stream: '0123456789ab-00000001' }]);
      const unknown = await open();
      expect(unknown.peer.messages).toMatchObject([{ after: 2, stream: '0123456789ab-00000001' }]);
    });

    test('only if it is still connected', async () => {
      const { peer, session } = create();
      const opened = session.open();
      peer.close('normal');
      await opened;
      expect([peer.messages, targets]).toEqual([[], []]);
      expect(publishers.presenceOf('a')).toBeUndefined();
    });
  });

  test('is remembered when it has had an event, and not otherwise', async () => {
    for (const [runId, count] of [
      ['a', 1],
      ['b', 0],
    ] as const) {
      const { peer, send, session } = await open({ runId });
      send(run.slice(0, count));
      peer.close('normal');
      await session.settled();
      await nextTurn();
      expect([runId, publishers.presenceOf(runId)?.publisherId]).toEqual([
        runId,
        count > 0 ? 'publisher-1' : undefined,
      ]);
    }
  });

  test('acknowledges events, also those that are repeated', async () => {
    const { peer, session, send } = await open();
    send(run.slice(0, 3));
    await session.settled();
    send(run.slice(1, 2));
    await session.settled();
    expect(peer.messagesOf('ack').map(({ seq }) => seq)).toEqual([3, 3]);
    expect(store.eventsOf('a').map(({ seq }) => seq)).toEqual(range(1, 3));
  });

  test('stores a notice for an invalid event, and reports it once', async () => {
    const { peer, session, send } = await open();
    send(run.slice(0, 1));
    for (const seq of [2, 2, 1]) send([invalid(seq)]);
    await session.settled();
    expect(peer.messagesOf('reject').map(({ seq }) => seq)).toEqual([2]);
    expect(rejected).toEqual(['message.invalid']);
    expect(store.eventsOf('a').map(({ type }) => type)).toEqual(['run.started', 'notice']);
  });

  test.each([
    [
      'a run that is not its own',
      invalid(2, { runId: 'b' }),
      'invalid',
      /^expected an event of run a, got one of b$/,
    ],
    ['a seq too far ahead', invalid(3), 'outOfOrder', /^expected seq 2, got 3$/],
    ['no seq', { ...run[1], seq: 'x' }, 'invalid', /^expected an event: /],
  ])('is closed after an invalid event of %s, without a reject', async (_what, event, name, detail) => {
    const { peer, session, send } = await open();
    send(run.slice(0, 1));
    send([event]);
    await session.settled();
    expect([peer.closedWith, rejected, peer.messagesOf('reject')]).toEqual([name, [], []]);
    expect(peer.closeDetail).toMatch(detail);
  });

  test('rejects an event that contradicts the run, compares it once, and accepts the next one', async () => {
    const events = sampleRunOfVersion2('a');
    const started = events[0] as MonitorEvent;
    const figure = { ...events.find(({ type }) => type === 'figure')!, seq: 2 };
    const { peer, session, send } = await open({ protocol: 2 });
    send([started, figure, { ...figure, seq: 3 }, { ...figure, seq: 3 }, { ...run[1], seq: 4 }]);
    await session.settled();
    expect(peer.messagesOf('reject')).toMatchObject([{ seq: 3, issues: [{ path: 'time' }] }]);
    expect(store.eventsOf('a').map(({ type }) => type)).toEqual(['run.started', 'figure', 'notice', 'batch']);
  });

  test('stores an event of version 1 as it was published, unless its own fields have names of version 2', async () => {
    const { session, peer } = await open();
    const own = { ...run[0], note: 'of its own' };
    session.receive(JSON.stringify(own));
    session.receive(JSON.stringify({ ...run[1], data: { ...run[1]!.data, metrics: 'of its own' } }));
    await session.settled();
    expect(peer.messagesOf('reject')).toEqual([]);
    expect(store.eventsOf('a').map(({ json }) => JSON.parse(json))).toEqual([own, run[1]]);
    expect(store.eventsOf('a')[0]!.json).toBe(JSON.stringify(own));
  });

  describe('is paused', () => {
    test('while it reads no replies, once for any number of them', async () => {
      const { peer, session, send } = await open();
      send(run.slice(0, 1));
      const drains: ((isDrained: boolean) => void)[] = [];
      peer.drained = () => new Promise((resolve) => drains.push(resolve));
      peer.bufferedBytes = limits.unreadBytes - 1;
      send([invalid(2)]);
      expect([peer.paused, drains.length]).toEqual([false, 0]);
      peer.bufferedBytes = limits.unreadBytes;
      send([invalid(3), invalid(4)]);
      expect([peer.paused, drains.length]).toEqual([true, 1]);
      await session.settled();
      expect(peer.paused).toBe(true);
      drains[0]!(true);
      await nextTurn();
      expect([peer.paused, peer.isClosed]).toEqual([false, false]);
    });

    test('while it reads no replies, and closed when that takes too long', async () => {
      const { peer, send } = await open();
      peer.bufferedBytes = limits.unreadBytes;
      let waited: number | undefined;
      peer.drained = async (stallMs) => {
        waited = stallMs;
        return false;
      };
      send([invalid(1)]);
      await until(() => peer.isClosed);
      expect([peer.closedWith, waited]).toEqual(['slow', limits.stallTimeoutMs]);
    });

    test('until neither too many events wait for the disk nor replies for the publisher', async () => {
      context.limits = { ...limits, uncommittedBytes: 100 };
      const { peer, session, send } = await open();
      let drained = (_isDrained: boolean): void => {};
      peer.drained = () => new Promise((resolve) => (drained = resolve));
      peer.bufferedBytes = limits.unreadBytes;
      send([invalid(1)]);
      send(run.slice(1, 5));
      expect(peer.paused).toBe(true);
      await session.settled();
      expect(peer.paused).toBe(true);
      drained(true);
      await nextTurn();
      expect(peer.paused).toBe(false);
      send(run.slice(5, 9));
      expect(peer.paused).toBe(true);
      await session.settled();
      expect(peer.paused).toBe(false);
    });
  });

  describe('after a failed write', () => {
    test.each([
      ['storeUnavailable', new MonitorError('store.failing', 'the disk has failed'), 0],
      ['internal', new TypeError('an internal error'), 1],
    ] as const)('is closed as %s', async (name, error, count) => {
      const { peer, session, send } = await open();
      store.append = () => Promise.reject(error);
      send(run.slice(0, 2));
      await session.settled();
      expect([peer.closedWith, unexpected.length]).toEqual([name, count]);
    });
  });

  describe('after a loss in the store', () => {
    /** Publishes five events, and reports that the stream of a run has changed after `lose`. */
    async function closeAfter(lose: () => unknown, runId = 'a') {
      const { peer, session, send } = await open();
      send(run.slice(0, 5));
      await session.settled();
      await lose();
      streamChanged(runId);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      return { closedWith: peer.closedWith, detail: peer.closeDetail };
    }

    test.each<[string, () => unknown, number]>([
      ['the end of its run', () => store.loseEnd('a', 3), 3],
      ['its run', () => store.remove('a'), 0],
      ['its run, which another one has replaced', () => store.renewStream('a', store.streamOf('a')), 5],
    ])('of %s is closed, so that it sends the events again', async (_what, lose, lastSeq) => {
      expect(await closeAfter(lose)).toEqual({
        closedWith: 'outOfOrder',
        detail: `the store has lost events of run a after seq ${lastSeq}`,
      });
    });

    test('goes on if all that was acknowledged is there, or if it was of another run', async () => {
      const open = { closedWith: undefined, detail: undefined };
      expect(await closeAfter(() => {})).toEqual(open);
      expect(await closeAfter(() => store.loseEnd('a', 3), 'b')).toEqual(open);
    });

    test('goes on if nothing was acknowledged', async () => {
      const { peer } = await open();
      streamChanged('a');
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      expect(peer.isClosed).toBe(false);
    });

    test('reports an error that is not of the store', async () => {
      const error = new TypeError('an internal error');
      await closeAfter(() => {
        store.position = () => Promise.reject(error);
      });
      expect(unexpected).toEqual([error]);
    });
  });

  describe('with commands', () => {
    const command = (more: object = {}): Command =>
      ({ type: 'command', id: 'command-1', command: 'pause', data: {}, runId: 'a', ...more }) as Command;

    test('forwards them to the publisher, and its results to the router', async () => {
      const { peer, session } = await open();
      targets[0]!.send(command());
      expect(peer.messagesOf('command')).toMatchObject([{ id: 'command-1', command: 'pause', runId: 'a' }]);
      session.receive('{"type":"commandResult","id":"command-1","ok":true}');
      expect(results).toEqual([{ type: 'commandResult', id: 'command-1', ok: true }]);
      peer.close('normal');
      expect(targets).toEqual([]);
    });

    test('refuses them about its run when that has ended, and forwards those about the queue', async () => {
      await store.append('a', stored);
      const { peer } = await open();
      targets[0]!.send(command());
      expect(results).toEqual([
        {
          ...{ type: 'commandResult', id: 'command-1', ok: false, code: 'command.refused' },
          message: 'run a has ended',
        },
      ]);
      targets[0]!.send(command({ command: 'listQueue' }));
      expect(peer.messagesOf('command')).toMatchObject([{ command: 'listQueue' }]);
    });

    test('refuses them from the moment in which the run ends, and no longer when it goes on', async () => {
      await store.append('a', stored.slice(0, 2));
      const { peer, send } = await open();
      send([{ ...run.at(-1)!, seq: 3 }]);
      targets[0]!.send(command());
      expect(results).toMatchObject([{ code: 'command.refused' }]);
      send([{ ...run[2]!, seq: 4 }]);
      targets[0]!.send(command());
      expect(peer.messagesOf('command')).toHaveLength(1);
    });
  });

  test('closes a publisher that sends before it may', async () => {
    const { peer, session } = create();
    session.receive(encode(run[0]!));
    expect([peer.closedWith, peer.closeDetail]).toEqual([
      'invalid',
      'expected no message before "resume" was sent',
    ]);
  });
});
