import { describe, expect, test } from '@jest/globals';
import type { EventType } from '@mnist-monitor/shared';
import fc from 'fast-check';
import { Channel } from '../../src/live/channel.ts';
import { Cursor, type CursorOptions } from '../../src/live/cursor.ts';
import { FrameBatch } from '../../src/live/frame-batch.ts';
import { everyType, setOf } from '../../src/live/type-set.ts';
import type { StoredEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';
import { unframe } from '../support/frames.ts';

type Sent = { seq: number } | { type: 'gap'; from: number; to: number };

const event = (seq: number, type: EventType = 'batch'): StoredEvent => ({
  ...{ seq, type },
  json: JSON.stringify({ seq }),
});
const sentIn = (frames: Buffer): Sent[] => unframe(frames).map((text) => JSON.parse(text));
const seqsIn = (frames: Buffer): number[] =>
  sentIn(frames).flatMap((message) => ('seq' in message ? message.seq : []));

/** Returns a cursor after `after` in a run with these events, which are all published. */
function open(events: readonly StoredEvent[], options: Partial<CursorOptions> = {}): Cursor {
  const channel = new Channel({ runId: 'a', stream: 's', lastSeq: 0, version: 1 });
  channel.publish(events, 's', 1);
  return new Cursor({ channel, after: 0, types: everyType, reportsGaps: true, ...options });
}

/** Reads everything up to the last event, as a stream does, and returns what was sent. */
function readAll(cursor: Cursor, events: readonly StoredEvent[]): Sent[] {
  const { selection } = cursor;
  const batch = FrameBatch.of(events);
  const missing = batch.missingAfter(selection.after);
  return sentIn(cursor.advance({ ranges: batch.ranges(selection), missing, through: batch.last }));
}

describe('a cursor', () => {
  test('passes the events that follow its position, selects their types, and moves behind them', () => {
    const cursor = open([event(1), event(2, 'epoch'), event(3)], { after: 1, types: setOf(['batch']) });
    expect([cursor.seq, cursor.isBehind]).toEqual([1, true]);
    const frames = cursor.passLive(FrameBatch.of([event(2, 'epoch'), event(3)]));
    expect(sentIn(frames!)).toEqual([{ seq: 3 }]);
    expect([cursor.seq, cursor.isBehind]).toEqual([3, false]);
  });

  test.each([
    ['that it has already', [1, 2], 0],
    ['of which the last is the next', [3], 1],
    ['after a missing one', [4], undefined],
    ['of which it has the first', [2, 3], undefined],
  ])('passes nothing of events %s', (_what, seqs, passed) => {
    const cursor = open(
      range(1, 4).map((seq) => event(seq)),
      { after: 2 },
    );
    const frames = cursor.passLive(FrameBatch.of(seqs.map((seq) => event(seq))));
    expect(frames && seqsIn(frames).length).toBe(passed);
    expect(cursor.seq).toBe(passed === 1 ? 3 : 2);
  });

  test('reports the batches that it skips as gaps, up to the newest batch', () => {
    const events = [event(1), event(2), event(3, 'epoch'), event(4), event(5), event(6, 'epoch'), event(7)];
    const cursor = open([...events, event(8, 'epoch')]);
    cursor.skipStaleBatches();
    expect(cursor.selection).toMatchObject({ after: 0, batchesFrom: 7 });
    expect(readAll(cursor, [...events, event(8, 'epoch')])).toEqual([
      { type: 'gap', from: 1, to: 2 },
      { seq: 3 },
      { type: 'gap', from: 4, to: 5 },
      { seq: 6 },
      { seq: 7 },
      { seq: 8 },
    ]);
    expect([cursor.seq, cursor.isBehind]).toEqual([8, false]);
  });

  test('reports skipped batches at the end of a chunk with the next one, in one gap', () => {
    const cursor = open(range(1, 6).map((seq) => event(seq)));
    cursor.skipStaleBatches();
    expect(sentIn(cursor.advance({ ranges: [], through: 3 }))).toEqual([]);
    expect(cursor.seq).toBe(3);
    const ranges = FrameBatch.of([event(6)]).ranges(cursor.selection);
    expect(sentIn(cursor.advance({ ranges, through: 6 }))).toEqual([
      { type: 'gap', from: 1, to: 5 },
      { seq: 6 },
    ]);
  });

  test.each<[string, Partial<CursorOptions>]>([
    ['a viewer that selects no batches', { types: setOf(['epoch']) }],
    ['a viewer with a rate limit', { reportsGaps: false }],
  ])('reports no gap to %s', (_who, options) => {
    const events = [event(1), event(2), event(3, 'epoch'), event(4)];
    const cursor = open(events, options);
    cursor.skipStaleBatches();
    const sent = readAll(cursor, events);
    expect(sent).toEqual('types' in options ? [{ seq: 3 }] : [{ seq: 3 }, { seq: 4 }]);
  });

  test('reports what is missing from the store, between the events around it', () => {
    const cursor = open([event(1), event(6)]);
    const ranges = [event(1), event(4)].flatMap((each) => FrameBatch.of([each]).ranges(cursor.selection));
    const missing = [
      { first: 2, last: 3 },
      { first: 5, last: 6 },
    ];
    expect(sentIn(cursor.advance({ ranges, missing, through: 6 }))).toEqual([
      { seq: 1 },
      { type: 'gap', from: 2, to: 3 },
      { seq: 4 },
      { type: 'gap', from: 5, to: 6 },
    ]);
  });

  test('skips everything that the store has lost, up to the last published event', () => {
    const cursor = open(
      range(1, 9).map((seq) => event(seq)),
      { after: 4 },
    );
    expect(sentIn(cursor.skipMissing())).toEqual([{ type: 'gap', from: 5, to: 9 }]);
    expect([cursor.seq, cursor.isBehind]).toEqual([9, false]);
  });

  test('bundles past events, but not gaps', () => {
    const events = [event(1), event(2), event(3, 'epoch'), event(4), event(5)];
    const cursor = open(events, { bundleBytes: 1_000 });
    cursor.skipStaleBatches();
    expect(readAll(cursor, events)).toEqual([
      { type: 'gap', from: 1, to: 2 },
      { seq: 3 },
      { type: 'gap', from: 4, to: 4 },
      { seq: 5 },
    ]);
    const all = open(events, { bundleBytes: 1_000 });
    expect(readAll(all, events)).toEqual([{ type: 'events', events: range(1, 5).map((seq) => ({ seq })) }]);
  });

  test('sends or reports each selected event once, in order, however much it skips and whatever is missing', () => {
    const type = fc.constantFrom<EventType>('batch', 'batch', 'batch', 'epoch', 'samples');
    const step = fc.record({ count: fc.integer({ min: 1, max: 6 }), skips: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(fc.option(type), { minLength: 1, maxLength: 30, size: 'max' }),
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.nat(5),
        (types, steps, after) => {
          const events = types.flatMap((each, index) => (each ? [event(index + 1, each)] : []));
          if (events.length === 0 || events.at(-1)!.seq <= after) return;
          const cursor = open(events, { after });
          const sent: Sent[] = [];
          const last = events.at(-1)!.seq;
          for (let index = 0; cursor.seq < last; index++) {
            const { count, skips } = steps[index % steps.length]!;
            if (skips) cursor.skipStaleBatches();
            const { selection } = cursor;
            const through = Math.min(last, cursor.seq + count);
            const page = events.filter(({ seq }) => seq > cursor.seq && seq <= through);
            const ranges = page.length > 0 ? FrameBatch.of(page).ranges(selection) : [];
            const missing = range(cursor.seq + 1, through)
              .filter((seq) => types[seq - 1] === null)
              .map((seq) => ({ first: seq, last: seq }));
            sent.push(...sentIn(cursor.advance({ ranges, missing, through })));
          }
          const seqs = sent.flatMap((message) =>
            'seq' in message ? message.seq : range(message.from, message.to),
          );
          expect(seqs).toEqual(range(after + 1, last));
          for (const message of sent)
            if (!('seq' in message))
              for (const seq of range(message.from, message.to))
                expect(types[seq - 1] ?? 'batch').toBe('batch');
        },
      ),
    );
  });
});
