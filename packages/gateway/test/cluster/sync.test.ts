import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Command, type CommandResult, MonitorError } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { type BusListener, type ClusterBus, commandRelayOver, standaloneBus } from '../../src/cluster/bus.ts';
import type { GatewayMessage, PresenceMessage } from '../../src/cluster/messages.ts';
import { ClusterPeers } from '../../src/cluster/peers.ts';
import { ClusterSync } from '../../src/cluster/sync.ts';
import { limits as standardLimits } from '../../src/limits.ts';
import { Hub } from '../../src/live/hub.ts';
import type { CommandTarget } from '../../src/presence/command-target.ts';
import { IdleTrainers } from '../../src/presence/idle-trainers.ts';
import { type PublisherConnection, Publishers } from '../../src/presence/publishers.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { afterTest } from '../support/cleanup.ts';
import type { Message } from '../support/connection.ts';
import { unframe } from '../support/frames.ts';
import { MemoryStore } from '../support/memory-store.ts';

const run = sampleRun({ runId: 'a' }).map(toNewEvent);
const limits = { ...standardLimits, presenceIntervalMs: 1_000, presenceTimeoutMs: 5_000 };
const command: Command = { type: 'command', id: 'command-1', command: 'start', data: {} };
const result: CommandResult = { type: 'commandResult', id: 'command-1', ok: true };

/** The messages of all gateways, which a test delivers. */
class FakeBus implements ClusterBus {
  readonly gatewayId: string;
  sent: GatewayMessage[] = [];
  listener: BusListener | undefined;

  constructor(gatewayId: string) {
    this.gatewayId = gatewayId;
  }
  send(message: GatewayMessage): void {
    this.sent.push(message);
  }
  listen(listener: BusListener): void {
    this.listener = listener;
  }
  async close(): Promise<void> {}
  /** Returns the presence messages that were sent since the last call. */
  presences(): PresenceMessage[] {
    return this.sent.splice(0).filter((message): message is PresenceMessage => message.type === 'presence');
  }
}

describe('a gateway of a cluster', () => {
  let store: MemoryStore;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    afterTest(() => jest.useRealTimers());
    store = new MemoryStore();
  });

  async function open(bus: ClusterBus = new FakeBus('gateway-1')) {
    const hub = await Hub.open(store, limits);
    const peers = new ClusterPeers({ bus, limits });
    const [publishers, idleTrainers] = [new Publishers(peers), new IdleTrainers(peers)];
    const broadcasts: Message[] = [];
    hub.addViewer({
      version: 2,
      onBroadcast: (frame) => broadcasts.push(...unframe(frame).map((text) => JSON.parse(text) as Message)),
      onNewestRunChange() {},
    });
    const calls: unknown[][] = [];
    const note =
      (...what: unknown[]) =>
      (...more: unknown[]) =>
        void calls.push([...what, ...more]);
    const targets: CommandTarget[] = [];
    const router = {
      ...{ deliver: note('deliver'), remember: note('remember'), acceptResult: note('acceptResult') },
      attach(target: CommandTarget) {
        targets.push(target);
        return () => targets.splice(targets.indexOf(target), 1);
      },
    };
    const statuses = {
      ...{ noteEvents: note('noteEvents'), readStatus: note('readStatus'), refresh: note('refresh') },
    };
    const warnings: unknown[] = [];
    const sync = new ClusterSync({
      ...{ bus, peers, hub, publishers, idleTrainers, store, limits },
      ...{ router: router as never, statuses: statuses as never },
      log: { warn: ({ err }: { err: unknown }) => void warnings.push(err) } as never,
    });
    afterTest(() => sync.close());
    return {
      bus: bus as FakeBus,
      hub,
      peers,
      publishers,
      idleTrainers,
      broadcasts,
      calls,
      targets,
      warnings,
      sync,
    };
  }
  type Gateway = Awaited<ReturnType<typeof open>>;

  /** Connects a publisher of run `a`, and returns how its connection was closed. */
  function connect({ publishers }: Gateway, publisherId: string) {
    const closed: string[] = [];
    const now = performance.now();
    const connection: PublisherConnection = {
      ...{ publisherId, commands: ['pause'], send() {}, settled: async () => {} },
      presence: { publisherId, connectedAt: now, lastMessageAt: now, disconnectedAt: undefined },
      closeAsReplaced: () => closed.push('replaced'),
      closeAsTaken: () => closed.push('taken'),
    };
    publishers.claim('a', connection);
    return { closed, connection };
  }
  async function receive({ bus }: Gateway, ...messages: GatewayMessage[]): Promise<void> {
    for (const message of messages) bus.listener!.onMessage(message, 'gateway-2');
    for (let turn = 0; turn < 5; turn++) await nextTurn();
  }
  const presence = (more: Partial<PresenceMessage> = {}): PresenceMessage => ({
    ...{ type: 'presence', publishers: [], waiting: [], viewers: 0 },
    ...more,
  });

  describe('sends its presence', () => {
    test('at once, and every second, until it leaves', async () => {
      const { bus, sync } = await open();
      expect(bus.presences()).toEqual([presence({ viewers: 1 })]);
      jest.advanceTimersByTime(3_000);
      expect(bus.presences()).toHaveLength(3);
      sync.close();
      jest.advanceTimersByTime(3_000);
      expect(bus.sent).toEqual([{ type: 'left' }]);
    });

    test('with the clients that are connected to it, and the age of each connection', async () => {
      const gateway = await open();
      connect(gateway, 'publisher-1').connection.presence.lastMessageAt += 100;
      jest.advanceTimersByTime(100);
      gateway.idleTrainers.add({ publisherId: 'publisher-2', commands: ['start'], send() {} });
      // The presence of others is theirs.
      const waiting = [{ publisherId: 'publisher-3', commands: ['start' as const], heldMs: 0 }];
      await receive(gateway, presence({ waiting, viewers: 9 }));
      gateway.bus.sent = [];
      jest.advanceTimersByTime(900);
      expect(gateway.bus.sent).toEqual([
        {
          ...{ type: 'presence', viewers: 1 },
          publishers: [
            { runId: 'a', publisherId: 'publisher-1', commands: ['pause'], heldMs: 1_000, heardMs: 900 },
          ],
          waiting: [{ publisherId: 'publisher-2', commands: ['start'], heldMs: 900 }],
        },
      ]);
    });

    test('once for all changes of one turn, and not after it has left', async () => {
      const gateway = await open();
      const { connection } = connect(gateway, 'publisher-1');
      const leave = gateway.idleTrainers.add({ publisherId: 'publisher-2', commands: [], send() {} });
      gateway.bus.sent = [];
      await nextTurn();
      expect(gateway.bus.presences()).toMatchObject([{ publishers: [{ runId: 'a' }], waiting: [{}] }]);
      leave();
      await nextTurn();
      expect(gateway.bus.presences()).toMatchObject([{ waiting: [] }]);
      gateway.publishers.markDisconnected('a', connection);
      gateway.sync.close();
      gateway.sync.catchUp();
      leave();
      await nextTurn();
      await nextTurn();
      expect(gateway.bus.sent).toEqual([{ type: 'left' }]);
    });
  });

  describe('knows the clients of another one', () => {
    const publishers = [
      { runId: 'a', publisherId: 'publisher-1', commands: ['pause' as const], heldMs: 5, heardMs: 5 },
    ];

    test('until that leaves', async () => {
      const gateway = await open();
      await receive(gateway, presence({ publishers, viewers: 3 }), { type: 'checked' });
      expect(gateway.publishers.publisherOf('a')).toMatchObject({ gatewayId: 'gateway-2' });
      expect(gateway.targets).toMatchObject([{ publisherId: 'publisher-1' }]);
      await receive(gateway, { type: 'left' });
      expect([gateway.publishers.publisherOf('a'), gateway.targets]).toEqual([undefined, []]);
    });

    test('until that is silent for too long', async () => {
      const gateway = await open();
      await receive(gateway, presence({ viewers: 3 }));
      jest.advanceTimersByTime(5_000);
      expect(gateway.peers.viewerCount).toBe(3);
      jest.advanceTimersByTime(1_000);
      expect(gateway.peers.viewerCount).toBe(0);
    });
  });

  describe('of two connections that publish a run at two gateways', () => {
    /** Connects two publishers at two gateways, 100 ms apart, and returns how each was closed when both know of the other. */
    async function closings(firstId: string, secondId: string) {
      const [one, other] = [await open(), await open(new FakeBus('gateway-2'))];
      const first = connect(one, firstId);
      jest.advanceTimersByTime(100);
      const second = connect(other, secondId);
      await nextTurn();
      const [fromOne, fromOther] = [one.bus.presences().at(-1)!, other.bus.presences().at(-1)!];
      one.bus.listener!.onMessage(fromOther, 'gateway-2');
      other.bus.listener!.onMessage(fromOne, 'gateway-1');
      return [first.closed, second.closed];
    }

    test.each([
      ['the newer one of the same publisher', 'publisher-1', 'publisher-1', [['replaced'], []]],
      ['the publisher with the lower id, the older', 'publisher-1', 'publisher-2', [[], ['taken']]],
      ['the publisher with the lower id, the newer', 'publisher-2', 'publisher-1', [['taken'], []]],
    ])('keeps %s, as the other gateway does', async (_what, first, second, closed) => {
      expect(await closings(first, second)).toEqual(closed);
    });

    test('closes none that publishes another run', async () => {
      const gateway = await open();
      const { closed } = connect(gateway, 'publisher-2');
      const publisher = { publisherId: 'publisher-1', commands: [], heldMs: 0, heardMs: 0 };
      await receive(gateway, presence({ publishers: [{ runId: 'b', ...publisher }] }));
      expect(closed).toEqual([]);
    });
  });

  describe('learns from another one', () => {
    test('of new events, which it publishes to its viewers, and of new runs', async () => {
      await store.append('old', sampleRun({ runId: 'old' }).slice(0, 2).map(toNewEvent));
      const gateway = await open();
      const { hub, calls } = gateway;
      const shown: number[] = [];
      (await hub.channel('a')).subscribe({ onEvents: ({ last }) => shown.push(last), onRemoved() {} });
      let reads = 0;
      const runs = store.runs.bind(store);
      store.runs = (options) => {
        reads++;
        return runs(options);
      };
      await store.append('a', run.slice(0, 2));
      await receive(gateway, {
        ...{ type: 'appended', runId: 'a', first: 1, last: 2, types: ['run.started', 'batch'] },
      });
      expect([hub.newestRunId, shown, reads]).toEqual(['a', [2], 1]);
      await store.append('a', run.slice(2, 3));
      await receive(gateway, { type: 'appended', runId: 'a', first: 3, last: 3, types: ['batch'] });
      expect([shown, reads]).toEqual([[2, 3], 1]);
      expect(calls).toEqual([
        ['noteEvents', 'a', ['run.started', 'batch']],
        ['noteEvents', 'a', ['batch']],
      ]);
    });

    test('of a changed title, which it broadcasts', async () => {
      await store.append('a', run.slice(0, 2));
      const gateway = await open();
      await store.annotate('a', { title: 'Mine', pinned: true });
      await receive(gateway, { type: 'annotated', runId: 'a' }, { type: 'annotated', runId: 'removed' });
      expect(gateway.broadcasts).toEqual([
        {
          ...{ type: 'annotated', runId: 'a', title: 'Mine', note: null, pinned: true },
          name: null,
          tags: [],
        },
      ]);
    });

    test.each(['removed', 'renewed'] as const)(
      'of a run that was %s, whose viewers it informs',
      async (type) => {
        await store.append('a', run.slice(0, 2));
        const gateway = await open();
        let isRemoved = false;
        (await gateway.hub.channel('a')).subscribe({ onEvents() {}, onRemoved: () => (isRemoved = true) });
        if (type === 'removed') await store.remove('a');
        else await store.renewStream('a', store.streamOf('a'));
        await receive(gateway, { type, runId: 'a' });
        expect(isRemoved).toBe(true);
        expect(gateway.broadcasts).toEqual(type === 'removed' ? [{ type, runId: 'a' }] : []);
      },
    );

    test('of commands, which it delivers if they are for it, and of their results', async () => {
      const gateway = await open();
      const { bus, calls } = gateway;
      const accepted = { type: 'commandAccepted', publisherId: 'publisher-1', command } as const;
      await receive(gateway, { ...accepted, to: bus.gatewayId }, { ...accepted, to: 'gateway-2' });
      await receive(gateway, { type: 'commandAnswered', publisherId: 'publisher-1', result });
      expect(calls).toEqual([
        ['deliver', command, 'publisher-1'],
        ['remember', command, 'publisher-1'],
        ['acceptResult', result, 'publisher-1'],
      ]);
    });

    test('nothing that it cannot read: it logs that, unless the store fails', async () => {
      await store.append('a', run.slice(0, 2));
      const gateway = await open();
      const error = new TypeError('an internal error');
      store.summary = () => Promise.reject(error);
      await receive(gateway, { type: 'annotated', runId: 'a' });
      store.summary = () => Promise.reject(new MonitorError('store.failing', 'the disk fails'));
      await receive(gateway, { type: 'annotated', runId: 'a' });
      expect([gateway.warnings, gateway.broadcasts]).toEqual([[error], []]);
    });
  });

  test('reads what it has missed, and sends its presence, when the bus works again', async () => {
    await store.append('a', run.slice(0, 2));
    const { bus, hub, calls } = await open();
    const shown: number[] = [];
    (await hub.channel('a')).subscribe({ onEvents: ({ last }) => shown.push(last), onRemoved() {} });
    await store.append('a', run.slice(2, 5));
    await store.append('b', sampleRun({ runId: 'b' }).slice(0, 1).map(toNewEvent));
    bus.sent = [];
    bus.listener!.onReconnect();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect([shown, hub.newestRunId, calls]).toEqual([[5], 'b', [['refresh']]]);
    expect(bus.presences()).toHaveLength(1);
  });

  test('informs the others of the commands to its trainers, which it has sent itself, and of their results', () => {
    const bus = new FakeBus('gateway-1');
    const relay = commandRelayOver(bus);
    relay.forwarded(command, 'publisher-1');
    relay.answered(result, 'publisher-1');
    expect(bus.sent).toEqual([
      { type: 'commandAccepted', to: 'gateway-1', publisherId: 'publisher-1', command },
      { type: 'commandAnswered', publisherId: 'publisher-1', result },
    ]);
  });

  test('may be the only one', async () => {
    const gateway = await open(standaloneBus);
    connect(gateway, 'publisher-1');
    commandRelayOver(standaloneBus).answered(result, 'publisher-1');
    await nextTurn();
    gateway.sync.close();
    await standaloneBus.close();
    expect([gateway.warnings, gateway.calls]).toEqual([[], []]);
  });
});
