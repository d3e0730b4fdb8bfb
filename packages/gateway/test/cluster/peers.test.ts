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
    jest.advanceTimersByTime(4_900);
    peers.removeSilent();
    expect(peers.publisherOf('a')).toMatchObject({ publisherId: 'publisher-1' });
    jest.advanceTimersByTime(200);
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
