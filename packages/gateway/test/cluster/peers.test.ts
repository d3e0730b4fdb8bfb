import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { loneBus } from '../../src/cluster/bus.ts';
import type { GatewayMessage, Roster } from '../../src/cluster/messages.ts';
import { Neighbours } from '../../src/cluster/peers.ts';
import type { CommandTaker } from '../../src/presence/command-target.ts';
import { afterTest } from '../support/cleanup.ts';

const publisher = (publisherId: string, heldMs = 0): Roster['publishers'][number] => ({
  ...{ runId: 'a', publisherId, commands: ['pause'] },
  ...{ heldMs, heardMs: 0 },
});

const roster = (more: Partial<Roster> = {}): Roster => ({
  ...{ type: 'roster', publishers: [], waiting: [], viewers: 0 },
  ...more,
});

describe('the neighbours of a gateway', () => {
  let sent: GatewayMessage[];
  let neighbours: Neighbours;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    sent = [];
    const bus = { ...loneBus, send: (message: GatewayMessage) => sent.push(message) };
    neighbours = new Neighbours({ bus, limits: { rosterLapseMs: 5_000 } });
  });

  test('have the viewers and the waiting trainers of all together', () => {
    const waiting = [{ publisherId: 'publisher-1', commands: ['start' as const], heldMs: 0 }];
    neighbours.hear('one', roster({ viewers: 3, waiting }));
    neighbours.hear('other', roster({ viewers: 4 }));
    neighbours.hear('other', roster({ viewers: 5 }));
    expect(neighbours.viewers).toBe(8);
    expect(neighbours.waiting).toMatchObject([{ publisherId: 'publisher-1', gateway: 'one' }]);
  });

  test('that are silent for 5 s are gone, and who was connected to them since then', () => {
    neighbours.hear('one', roster({ viewers: 3, publishers: [publisher('publisher-1')] }));
    jest.advanceTimersByTime(4_900);
    neighbours.lapse();
    expect(neighbours.connected('a')).toMatchObject({ publisherId: 'publisher-1' });
    jest.advanceTimersByTime(200);
    neighbours.lapse();
    expect([neighbours.viewers, neighbours.connected('a')]).toEqual([0, undefined]);
    expect(neighbours.presence('a')).toMatchObject({ publisherId: 'publisher-1', goneAt: performance.now() });
  });

  test('tell of a run once for each change of its publisher, and not for each roster', () => {
    const changed: string[] = [];
    neighbours.watchRuns((runId) => changed.push(runId));
    neighbours.hear('one', roster({ publishers: [publisher('publisher-1', 10)] }));
    jest.advanceTimersByTime(1_000);
    neighbours.hear('one', roster({ publishers: [publisher('publisher-1', 1_010)] }));
    expect(changed).toEqual(['a']);
    neighbours.hear('one', roster());
    expect(changed).toEqual(['a', 'a']);
  });

  test('have a publisher where it came last, while it moves from one to another', () => {
    neighbours.hear('one', roster({ publishers: [publisher('publisher-1', 9_000)] }));
    neighbours.hear('other', roster({ publishers: [publisher('publisher-1', 5)] }));
    expect(neighbours.connected('a')?.gateway).toBe('other');
    neighbours.hear('one', roster());
    expect(neighbours.connected('a')?.gateway).toBe('other');
    expect(neighbours.presence('a')?.goneAt).toBeUndefined();
  });

  test('are sent the commands for those who are connected to them', () => {
    neighbours.hear('one', roster({ publishers: [publisher('publisher-1')] }));
    const command = { type: 'command', id: 'command-1', command: 'pause', data: {} } as const;
    neighbours.connected('a')?.pass(command);
    expect(sent).toEqual([{ type: 'ordered', to: 'one', publisherId: 'publisher-1', command }]);
  });

  test('show each connection that takes commands once, and again when it is made anew', () => {
    const seen: CommandTaker[] = [];
    let gone = 0;
    neighbours.watchTakers((taker) => {
      seen.push(taker);
      return () => gone++;
    });
    neighbours.hear('one', roster({ publishers: [publisher('publisher-1', 10_000)] }));
    neighbours.hear('one', roster({ publishers: [publisher('publisher-1', 10_000)] }));
    expect([seen.length, gone]).toEqual([1, 0]);
    neighbours.hear('one', roster({ publishers: [publisher('publisher-1', 0)] }));
    expect([seen.length, gone]).toEqual([2, 1]);
    neighbours.lose('one');
    expect([seen.length, gone]).toEqual([2, 2]);
  });
});
