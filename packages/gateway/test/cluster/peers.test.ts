import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { standaloneBus } from '../../src/cluster/bus.ts';
import type { GatewayMessage, PresenceMessage } from '../../src/cluster/messages.ts';
import { ClusterPeers } from '../../src/cluster/peers.ts';
import type { CommandTarget } from '../../src/presence/command-target.ts';
import { afterTest } from '../support/cleanup.ts';

const publisher = (publisherId: string, heldMs = 0): PresenceMessage['publishers'][number] => ({
  ...{ runId: 'a', publisherId, commands: ['pause'] },
  ...{ heldMs, heardMs: 0 },
});

const presence = (more: Partial<PresenceMessage> = {}): PresenceMessage => ({
  ...{ type: 'presence', publishers: [], waiting: [], viewers: 0 },
  ...more,
});

describe('the peers of a gateway', () => {
  let sent: GatewayMessage[];
  let peers: ClusterPeers;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    sent = [];
    const bus = { ...standaloneBus, send: (message: GatewayMessage) => sent.push(message) };
    peers = new ClusterPeers({ bus, limits: { presenceTimeoutMs: 5_000 } });
  });

  test('report the viewers and idle trainers of all gateways', () => {
    const waiting = [{ publisherId: 'publisher-1', commands: ['start' as const], heldMs: 0 }];
    peers.update('one', presence({ viewers: 3, waiting }));
    peers.update('other', presence({ viewers: 4 }));
    peers.update('other', presence({ viewers: 5 }));
    expect(peers.viewerCount).toBe(8);
    expect(peers.idleTrainers).toMatchObject([{ publisherId: 'publisher-1', gatewayId: 'one' }]);
  });

  test('that are silent for 5 s are removed, and their clients count as disconnected', () => {
    peers.update('one', presence({ viewers: 3, publishers: [publisher('publisher-1')] }));
    jest.advanceTimersByTime(5_000);
    peers.removeSilent();
    expect(peers.publisherOf('a')).toMatchObject({ publisherId: 'publisher-1' });
    jest.advanceTimersByTime(1);
    peers.removeSilent();
    expect([peers.viewerCount, peers.publisherOf('a')]).toEqual([0, undefined]);
    expect(peers.presenceOf('a')).toMatchObject({
      publisherId: 'publisher-1',
      disconnectedAt: performance.now(),
    });
  });

  test('report a run once for each change of its publisher, not for each presence message', () => {
    const changed: string[] = [];
    peers.onRunChange((runId) => changed.push(runId));
    peers.update('one', presence({ publishers: [publisher('publisher-1', 10)] }));
    jest.advanceTimersByTime(1_000);
    peers.update('one', presence({ publishers: [publisher('publisher-1', 1_010)] }));
    expect(changed).toEqual(['a']);
    peers.update('one', presence());
    expect(changed).toEqual(['a', 'a']);
  });

  test('report when a publisher connected, was heard and disconnected, by the clock of this gateway', () => {
    const now = performance.now();
    peers.update('one', presence({ publishers: [{ ...publisher('publisher-1', 900), heardMs: 300 }] }));
    const times = { publisherId: 'publisher-1', connectedAt: now - 900, disconnectedAt: undefined };
    expect(peers.presenceOf('a')).toEqual({ ...times, lastMessageAt: now - 300 });
    jest.advanceTimersByTime(1_000);
    // A second later, from a message that took longer: the same connection.
    peers.update('one', presence({ publishers: [{ ...publisher('publisher-1', 901), heardMs: 10 }] }));
    expect(peers.presenceOf('a')).toEqual({ ...times, lastMessageAt: now + 990 });
    jest.advanceTimersByTime(1_000);
    peers.update('one', presence());
    jest.advanceTimersByTime(1_000);
    peers.update('one', presence());
    peers.remove('one');
    expect(peers.presenceOf('a')).toEqual({
      ...times,
      lastMessageAt: now + 990,
      disconnectedAt: now + 2_000,
    });
    expect(peers.presenceOf('b')).toBeUndefined();
  });

  test('report another connection of a publisher that began at least a second later', () => {
    peers.update('one', presence({ publishers: [publisher('publisher-1', 1_000)] }));
    const before = peers.publisherOf('a');
    peers.update('one', presence({ publishers: [publisher('publisher-1', 1)] }));
    expect(peers.publisherOf('a')).toBe(before);
    peers.update('one', presence({ publishers: [publisher('publisher-1', 0)] }));
    expect(peers.publisherOf('a')).not.toBe(before);
    const [connectedAt, disconnectedAt] = [performance.now(), undefined];
    expect(peers.presenceOf('a')).toMatchObject({ connectedAt, disconnectedAt });
    peers.update('one', presence({ publishers: [publisher('publisher-2', 0)] }));
    expect(peers.publisherOf('a')).toMatchObject({ publisherId: 'publisher-2', commands: ['pause'] });
  });

  test('report each change of viewers, idle trainers and publishers once, until the listener is removed', () => {
    let changes = 0;
    const remove = peers.onChange(() => changes++);
    const countAfter = (message: PresenceMessage): number => {
      changes = 0;
      for (let times = 0; times < 2; times++) peers.update('one', message);
      return changes;
    };
    const waiting = [{ publisherId: 'publisher-1', commands: ['start' as const], heldMs: 0 }];
    expect(countAfter(presence())).toBe(0);
    expect(countAfter(presence({ viewers: 1 }))).toBe(1);
    expect(countAfter(presence({ viewers: 2 }))).toBe(1);
    expect(countAfter(presence({ viewers: 2, waiting }))).toBe(1);
    expect(countAfter(presence({ viewers: 2 }))).toBe(1);
    expect(countAfter(presence({ viewers: 2, publishers: [publisher('publisher-1', 9)] }))).toBe(1);
    changes = 0;
    peers.remove('one');
    peers.remove('one');
    expect(changes).toBe(1);
    remove();
    expect(countAfter(presence({ viewers: 1 }))).toBe(0);
  });

  test('report a publisher at the gateway where it connected last, while it moves between two', () => {
    peers.update('one', presence({ publishers: [publisher('publisher-1', 9_000)] }));
    peers.update('other', presence({ publishers: [publisher('publisher-1', 5)] }));
    expect(peers.publisherOf('a')?.gatewayId).toBe('other');
    peers.update('one', presence());
    expect(peers.publisherOf('a')?.gatewayId).toBe('other');
    expect(peers.presenceOf('a')?.disconnectedAt).toBeUndefined();
  });

  test('are sent the commands for their clients', () => {
    peers.update('one', presence({ publishers: [publisher('publisher-1')] }));
    const command = { type: 'command', id: 'command-1', command: 'pause', data: {} } as const;
    peers.publisherOf('a')?.send(command);
    expect(sent).toEqual([{ type: 'commandAccepted', to: 'one', publisherId: 'publisher-1', command }]);
  });

  test('report an idle trainer as one command target for as long as it is listed', () => {
    const seen: CommandTarget[] = [];
    const detached: CommandTarget[] = [];
    peers.onTarget((target) => {
      seen.push(target);
      return () => detached.push(target);
    });
    const idle = (...ids: string[]) =>
      presence({ waiting: ids.map((publisherId) => ({ publisherId, commands: ['start'], heldMs: 0 })) });
    peers.update('one', idle('publisher-1'));
    peers.update('one', idle('publisher-2', 'publisher-1'));
    expect(seen).toMatchObject([
      { publisherId: 'publisher-1', commands: ['start'], gatewayId: 'one' },
      { publisherId: 'publisher-2', commands: ['start'], gatewayId: 'one' },
    ]);
    expect(peers.idleTrainers).toEqual([seen[1], seen[0]]);
    peers.update('one', idle('publisher-2'));
    expect(detached).toEqual([seen[0]]);
    peers.update('one', idle('publisher-2', 'publisher-1'));
    expect(seen).toHaveLength(3);
  });

  test('report each command target once, and again when it reconnects', () => {
    const seen: CommandTarget[] = [];
    let detached = 0;
    peers.onTarget((target) => {
      seen.push(target);
      return () => detached++;
    });
    peers.update('one', presence({ publishers: [publisher('publisher-1', 10_000)] }));
    peers.update('one', presence({ publishers: [publisher('publisher-1', 10_000)] }));
    expect([seen.length, detached]).toEqual([1, 0]);
    peers.update('one', presence({ publishers: [publisher('publisher-1', 0)] }));
    expect([seen.length, detached]).toEqual([2, 1]);
    peers.remove('one');
    expect([seen.length, detached]).toEqual([2, 2]);
  });
});
