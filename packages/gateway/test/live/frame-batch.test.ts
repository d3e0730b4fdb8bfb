import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { FrameBatch, type FrameRange } from '../../src/live/frame-batch.ts';
import { batchType, everyType, setOf, type TypeSet } from '../../src/live/type-set.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';
import { unframe } from '../support/frames.ts';

// run.started, batches 2 to 8, system 9, batches 10 to 16, system 17, …
const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 20 }).map(toNewEvent);
const batch = FrameBatch.of(run);
const textsOf = (ranges: FrameRange[]): string[] => ranges.flatMap(({ frames }) => unframe(frames));
const jsonOf = (seqs: readonly number[]): string[] => seqs.map((seq) => run[seq - 1]!.json);

describe('a frame batch', () => {
  test('contains the frames of its events in order', () => {
    expect(unframe(batch.bytes)).toEqual(run.map(({ json }) => json));
    expect([batch.first, batch.last]).toEqual([1, run.length]);
  });

  test('returns one buffer for equal selections, and its own bytes when every type is selected', () => {
    const types = setOf(['batch', 'epoch']);
    expect(batch.select(types)).toBe(batch.select(types));
    expect(unframe(batch.select(types))).toEqual(
      run.filter(({ type }) => type === 'batch' || type === 'epoch').map(({ json }) => json),
    );
    expect(batch.select(everyType)).toBe(batch.bytes);
    expect(FrameBatch.of(run.slice(1, 3)).select(types)).not.toHaveLength(0);
    expect(FrameBatch.of(run.slice(0, 1)).select(types)).toHaveLength(0);
  });

  test('keeps only the last of successive batches for viewers that need the newest', () => {
    const newest = (types: TypeSet): string[] => unframe(batch.newest(types).frames);
    const seqsBeforeOthers = run.filter(
      ({ type }, index) => type !== 'batch' || run[index + 1]?.type !== 'batch',
    );
    expect(newest(everyType)).toEqual(seqsBeforeOthers.map(({ json }) => json));
    expect(newest(setOf(['batch']))).toEqual([run.findLast(({ type }) => type === 'batch')!.json]);
    expect(newest(setOf(['batch', 'run.finished']))).toEqual(
      [run.findLast(({ type }) => type === 'batch')!, run.at(-1)!].map(({ json }) => json),
    );
    expect(FrameBatch.of(run.slice(0, 1)).newest(batchType)).toEqual({
      frames: Buffer.of(),
      beginsWithBatch: false,
    });
    expect(batch.newest(everyType)).toBe(batch.newest(everyType));
    expect([batch, FrameBatch.of(run.slice(1))].map((one) => one.newest(everyType).beginsWithBatch)).toEqual([
      false,
      true,
    ]);
  });

  test('returns the events after a seq without copying them', () => {
    const [rest, ...more] = batch.ranges({ after: 10, types: everyType, batchesFrom: 0 });
    expect(more).toEqual([]);
    expect([rest?.first, rest?.last]).toEqual([11, run.length]);
    expect(unframe(rest!.frames)).toEqual(jsonOf(range(11, run.length)));
    expect(rest!.frames.buffer).toBe(batch.bytes.buffer);
  });

  test('leaves out batches below batchesFrom', () => {
    const ranges = batch.ranges({ after: 1, types: everyType, batchesFrom: 15 });
    expect(ranges.map(({ first, last }) => [first, last])).toEqual([
      [9, 9],
      [15, run.length],
    ]);
    expect(textsOf(ranges)).toEqual(jsonOf([9, ...range(15, run.length)]));
  });

  test('ends a range where events are missing', () => {
    const some = FrameBatch.of([run[1]!, run[2]!, run[5]!, run[6]!]);
    const ranges = some.ranges({ after: 0, types: everyType, batchesFrom: 0 });
    expect(ranges.map(({ first, last }) => [first, last])).toEqual([
      [2, 3],
      [6, 7],
    ]);
    expect(textsOf(ranges)).toEqual(jsonOf([2, 3, 6, 7]));
  });

  test('lists the seqs that are missing after a position, up to its last event', () => {
    const batch = FrameBatch.of([3, 4, 8, 10].map((seq) => ({ seq, type: 'notice', json: '{}' })));
    expect(batch.missingAfter(0)).toEqual([
      { first: 1, last: 2 },
      { first: 5, last: 7 },
      { first: 9, last: 9 },
    ]);
    expect(batch.missingAfter(2)).toEqual([
      { first: 5, last: 7 },
      { first: 9, last: 9 },
    ]);
    expect(batch.missingAfter(6)).toEqual([
      { first: 7, last: 7 },
      { first: 9, last: 9 },
    ]);
    expect(batch.missingAfter(9)).toEqual([]);
    expect(batch.missingAfter(10)).toEqual([]);
  });

  test('joins with the next batch', () => {
    const joined = FrameBatch.of(run.slice(0, 7)).join(FrameBatch.of(run.slice(7)));
    expect(joined.bytes).toEqual(batch.bytes);
    const selection = { after: 4, types: setOf(['batch', 'system']), batchesFrom: 12 };
    expect(joined.ranges(selection)).toEqual(batch.ranges(selection));
  });
});
