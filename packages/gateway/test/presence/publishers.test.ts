import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  noRemotePresence,
  type PublisherPresence,
  type RemotePresence,
} from '../../src/presence/presence.ts';
import { type PublisherConnection, Publishers } from '../../src/presence/publishers.ts';
import { afterTest } from '../support/cleanup.ts';

/** Returns a connection of a publisher that counts how often it was closed, and why. */
function connection(publisherId: string) {
  const closed: string[] = [];
  const presence: PublisherPresence = {
    ...{ publisherId, connectedAt: performance.now(), lastMessageAt: performance.now() },
    disconnectedAt: undefined,
  };
  const made: PublisherConnection = {
    ...{ publisherId, presence, commands: [] },
    send() {},
    closeAsReplaced: () => closed.push('replaced'),
    closeAsTaken: () => closed.push('taken'),
    settled: async () => {},
  };
  return Object.assign(made, { closed });
}

describe('the publishers of runs', () => {
  /** The presence and connected publisher of run `a` at another gateway. */
  let remote: {
    presence?: PublisherPresence | undefined;
    publisherId?: string;
    changed: (runId: string) => void;
  };
  let publishers: Publishers;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    remote = { changed: () => {} };
    const presence: RemotePresence = {
      ...noRemotePresence,
      presenceOf: () => remote.presence,
      publisherOf: () =>
        remote.publisherId === undefined
          ? undefined
          : { publisherId: remote.publisherId, commands: [], gatewayId: 'other', send() {} },
      onRunChange(listener) {
        remote.changed = listener;
        return () => {
          remote.changed = () => {};
        };
      },
    };
    publishers = new Publishers(presence);
  });

  const disconnectAt = (ms: number, publisher = connection('publisher-1')) => {
    publishers.claim('a', publisher);
    jest.advanceTimersByTime(ms);
    publishers.markDisconnected('a', publisher);
    return publisher;
  };
  const remotePresence = (disconnectedAt: number | undefined): PublisherPresence => ({
    ...{ publisherId: 'publisher-2', connectedAt: 0, lastMessageAt: 0, disconnectedAt },
  });

  test('are present at the gateway that had the last connection of the run', () => {
    expect(publishers.presenceOf('a')).toBeUndefined();
    remote.presence = remotePresence(undefined);
    expect(publishers.presenceOf('a')).toBe(remote.presence);

    const { presence } = disconnectAt(100);
    expect(publishers.presenceOf('a')).toBe(remote.presence);
    remote.presence = remotePresence(performance.now() + 1);
    expect(publishers.presenceOf('a')).toBe(remote.presence);
    remote.presence = remotePresence(performance.now());
    expect(publishers.presenceOf('a')).toBe(presence);
    remote.presence = remotePresence(performance.now() - 1);
    expect(publishers.presenceOf('a')).toBe(presence);
    remote.presence = undefined;
    expect(publishers.presenceOf('a')).toBe(presence);
  });

  test('that are connected here are present, whatever another gateway still lists', () => {
    const here = connection('publisher-1');
    publishers.claim('a', here);
    remote.presence = remotePresence(performance.now() + 1_000);
    expect(publishers.presenceOf('a')).toBe(here.presence);
    remote.presence = remotePresence(undefined);
    expect(publishers.presenceOf('a')).toBe(here.presence);
  });

  test('are found here first, then at another gateway, while they are connected', () => {
    expect(publishers.publisherOf('a')).toBeUndefined();
    remote.publisherId = 'publisher-1';
    expect(publishers.publisherOf('a')).toMatchObject({ gatewayId: 'other' });
    expect(publishers.localPublisherOf('a')).toBeUndefined();
    const here = connection('publisher-1');
    publishers.claim('a', here);
    expect(publishers.publisherOf('a')).toBe(here);
    expect(publishers.localPublisherOf('a')).toBe(here);
    expect(publishers.local).toEqual([['a', here]]);
    publishers.markDisconnected('a', here);
    expect(publishers.publisherOf('a')).toMatchObject({ gatewayId: 'other' });
    expect([publishers.localPublisherOf('a'), publishers.local]).toEqual([undefined, []]);
  });

  test('keep a run from another publisher, here and at another gateway, until they disconnect', () => {
    const here = connection('publisher-1');
    expect(publishers.claim('a', here)).toEqual({ taken: false, previous: undefined });
    const late = connection('publisher-2');
    expect(publishers.claim('a', late)).toEqual({ taken: true });
    expect(publishers.localPublisherOf('a')).toBe(here);
    publishers.markDisconnected('a', here);
    remote.publisherId = 'publisher-3';
    expect(publishers.claim('a', late)).toEqual({ taken: true });
    delete remote.publisherId;
    expect(publishers.claim('a', late)).toEqual({ taken: false, previous: here });
    expect(publishers.presenceOf('a')).toBe(late.presence);
  });

  test('that connect again replace their earlier connection, here and at another gateway', () => {
    const [first, second] = [connection('publisher-1'), connection('publisher-1')];
    publishers.claim('a', first);
    expect(publishers.claim('a', second)).toEqual({ taken: false, previous: first });
    expect([first.closed, second.closed]).toEqual([['replaced'], []]);
    remote.publisherId = 'publisher-4';
    const moved = connection('publisher-4');
    publishers.markDisconnected('a', second);
    expect(publishers.claim('a', moved)).toEqual({ taken: false, previous: second });
  });

  test('count as disconnected since the first time that this was noticed', () => {
    const here = disconnectAt(100);
    const at = performance.now();
    jest.advanceTimersByTime(50);
    publishers.markDisconnected('a', here);
    expect(publishers.presenceOf('a')?.disconnectedAt).toBe(at);
  });

  test('are forgotten when they are released without an event; otherwise their times are kept', () => {
    const here = disconnectAt(10);
    publishers.release('a', here, { hasBegun: true });
    expect(publishers.presenceOf('a')).toBe(here.presence);
    expect(publishers.claim('a', connection('publisher-2'))).toEqual({ taken: false, previous: undefined });

    const empty = connection('publisher-3');
    publishers.claim('b', empty);
    publishers.release('b', empty, { hasBegun: false });
    expect([publishers.presenceOf('b'), publishers.local.map(([runId]) => runId)]).toEqual([
      undefined,
      ['a'],
    ]);
  });

  test('that were replaced release nothing of the next connection', () => {
    const [first, second] = [connection('publisher-1'), connection('publisher-1')];
    publishers.claim('a', first);
    publishers.claim('a', second);
    publishers.release('a', first, { hasBegun: false });
    expect(publishers.localPublisherOf('a')).toBe(second);
    expect(publishers.presenceOf('a')).toBe(second.presence);
  });

  test('are reported when they connect or disconnect at any gateway, until the listener is removed', () => {
    const [all, local]: [string[], string[]] = [[], []];
    const removals = [
      publishers.onChange((runId) => all.push(runId)),
      publishers.onLocalChange((runId) => local.push(runId)),
    ];
    const here = connection('publisher-1');
    publishers.claim('a', here);
    publishers.markDisconnected('a', here);
    remote.changed('b');
    expect([all, local]).toEqual([
      ['a', 'a', 'b'],
      ['a', 'a'],
    ]);
    for (const remove of removals) remove();
    publishers.claim('a', here);
    remote.changed('b');
    expect([all, local]).toEqual([
      ['a', 'a', 'b'],
      ['a', 'a'],
    ]);
  });
});
