import { describe, expect, test } from '@jest/globals';
import type { EventType } from '@mnist-monitor/shared';
import { Channel } from '../../src/live/channel.ts';
import type { FrameBatch } from '../../src/live/frame-batch.ts';
import { everyType } from '../../src/live/type-set.ts';
import type { NewEvent, StoredEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';
import { unframe } from '../support/frames.ts';

const event = (seq: number, type: EventType = 'batch', size = 10): StoredEvent => ({
  ...{ seq, type },
  json: JSON.stringify({ seq, text: 'x'.repeat(size) }),
});
const ofVersion = (seq: number, version: 1 | 2): StoredEvent => ({ ...event(seq), version }) as NewEvent;
const events = (first: number, last: number, size?: number) =>
  range(first, last).map((seq) => event(seq, 'batch', size));

/** Returns a channel with a subscriber, and the seqs of each batch that the subscriber has received. */
function open(options: Partial<ConstructorParameters<typeof Channel>[0]> = {}) {
  const channel = new Channel({ runId: 'a', stream: 's', lastSeq: 0, version: 1, ...options });
  const received: number[][] = [];
  let removals = 0;
  const subscriber = {
    onEvents: ({ bytes }: FrameBatch) => received.push(unframe(bytes).map((text) => JSON.parse(text).seq)),
    onRemoved: () => removals++,
  };
  channel.subscribe(subscriber);
  return { channel, received, subscriber, removals: () => removals };
}

const selection = { types: everyType, batchesFrom: 0 };

/** Returns the seqs that can be read from memory after a seq; undefined when they are not in memory. */
const readable = (channel: Channel, after: number): number[] | undefined =>
  channel
    .read({ ...selection, after })
    ?.ranges.flatMap(({ frames }) => unframe(frames).map((text) => JSON.parse(text).seq));

describe('a channel', () => {
  test('publishes each event once, in batches without gaps', () => {
    const { channel, received } = open({ lastSeq: 2 });
    channel.publish([...events(1, 4), ...events(6, 7), event(9)], 's', 1);
    channel.publish(events(7, 10), 's', 1);
    channel.publish([], 's', 1);
    expect(received).toEqual([[3, 4], [6, 7], [9], [10]]);
    expect(channel.lastSeq).toBe(10);
  });

  test('takes its stream from the first publication, and keeps it', () => {
    const { channel } = open({ stream: undefined });
    expect(channel.stream).toBeUndefined();
    channel.publish(events(1, 1), 'first', 1);
    channel.publish(events(2, 2), 'second', 1);
    expect(channel.stream).toBe('first');
  });

  test('sends nothing to subscribers that have left, and informs the others of its removal', () => {
    const { channel, received, subscriber, removals } = open();
    const { subscriber: leaving } = open();
    channel.subscribe(leaving);
    expect(channel.subscriberCount).toBe(2);
    channel.unsubscribe(leaving);
    expect([channel.subscriberCount, channel.isRemoved]).toEqual([1, false]);
    channel.remove();
    expect([removals(), channel.isRemoved]).toEqual([1, true]);
    channel.unsubscribe(subscriber);
    channel.publish(events(1, 1), 's', 1);
    expect([received, channel.subscriberCount]).toEqual([[], 0]);
  });

  test('publishes the events of version 1 before those that need version 2, so that older viewers get them', () => {
    const { channel, received } = open();
    channel.publish([ofVersion(1, 1), ofVersion(2, 1), ofVersion(3, 2), ofVersion(4, 1)], 's', 2);
    expect(received).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([channel.version, channel.lastSeqOf(1), channel.lastSeqOf(2), channel.lastSeq]).toEqual([
      2, 2, 4, 4,
    ]);
    channel.publish([ofVersion(5, 2)], 's', 2);
    channel.requireVersion(1);
    expect([channel.version, channel.lastSeqOf(1)]).toEqual([2, 2]);
  });

  test('counts events of unknown version as events of the version that the run needs', () => {
    const { channel, received } = open({ lastSeq: 1 });
    channel.publish(events(2, 4), 's', 2);
    expect(received).toEqual([[2, 3, 4]]);
    expect([channel.lastSeqOf(1), channel.lastSeqOf(2)]).toEqual([1, 4]);
  });

  test('knows its newest batch', () => {
    const { channel } = open();
    channel.publish([event(1, 'run.started')], 's', 1);
    expect(channel.newestBatchSeq).toBe(0);
    channel.publish([event(2), event(3), event(4, 'epoch')], 's', 1);
    expect(channel.newestBatchSeq).toBe(3);
    channel.publish([event(5, 'epoch')], 's', 1);
    expect(channel.newestBatchSeq).toBe(3);
  });

  test('reads recent events from memory, from the first of them on, until they are dropped', () => {
    const recent = events(5, 7);
    const { channel } = open({ lastSeq: 7, recent });
    expect(readable(channel, 3)).toBeUndefined();
    expect(readable(channel, 4)).toEqual([5, 6, 7]);
    expect(readable(channel, 6)).toEqual([7]);
    expect(readable(channel, 7)).toBeUndefined();
    expect(channel.recentBytes).toBeGreaterThan(0);
    channel.dropOldest();
    channel.dropOldest();
    expect([readable(channel, 4), channel.recentBytes]).toEqual([undefined, 0]);
  });

  test('reports which events before its recent ones are missing, and how far it has read', () => {
    const { channel } = open({ lastSeq: 9, recent: [event(5), event(8), event(9)] });
    expect(channel.read({ ...selection, after: 5 })).toMatchObject({
      missing: [{ first: 6, last: 7 }],
      through: 9,
    });
  });

  test('joins small batches in memory up to 64 kB, so that a viewer catches up with few writes', () => {
    const { channel } = open();
    for (let seq = 1; seq <= 8; seq++) channel.publish(events(seq, seq, 10_000), 's', 1);
    const first = channel.read({ ...selection, after: 0 })!;
    expect(first.through).toBe(6);
    expect(first.ranges[0]!.frames.length).toBeLessThanOrEqual(64 * 1024);
    expect(channel.read({ ...selection, after: 6 })).toMatchObject({ through: 8 });
  });

  test('joins a batch that fills the 64 kB exactly', () => {
    const { channel } = open();
    const size = (seq: number, text: number) => JSON.stringify({ seq, text: 'x'.repeat(text) }).length + 4;
    channel.publish(events(1, 1, 30_000), 's', 1);
    const rest = 64 * 1024 - size(1, 30_000) - size(2, 0);
    channel.publish(events(2, 2, rest), 's', 1);
    channel.publish(events(3, 3, 1), 's', 1);
    const joined = channel.read({ ...selection, after: 0 })!;
    expect([joined.through, joined.ranges[0]!.frames.length]).toEqual([2, 64 * 1024]);
  });

  test('joins no events of version 2 with those before them', () => {
    const { channel } = open();
    channel.publish([ofVersion(1, 1)], 's', 1);
    channel.publish([ofVersion(2, 2)], 's', 2);
    channel.publish([ofVersion(3, 2)], 's', 2);
    expect(readable(channel, 0)).toEqual([1]);
    expect(readable(channel, 1)).toEqual([2, 3]);
  });
});
