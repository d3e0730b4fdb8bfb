import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { FrameBatch, type FrameRange } from '../../src/live/frame-batch.ts';
import { batchType, everyType, setOf, type TypeSet } from '../../src/live/type-set.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { range } from '../support/connection.ts';
import { unframe } from '../support/frames.ts';

// run.started, batches 2 to 8, system 9, batches 10 to 16, system 17, …
const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 20 }).map(toNewEvent);
const block = FrameBatch.of(run);
const textsOf = (stretches: FrameRange[]): string[] => stretches.flatMap(({ frames }) => unframe(frames));
const jsonOf = (seqs: readonly number[]): string[] => seqs.map((seq) => run[seq - 1]!.json);

describe('a block', () => {
  test('has the frames of its events one after the other', () => {
    expect(unframe(block.bytes)).toEqual(run.map(({ json }) => json));
    expect([block.first, block.last]).toEqual([1, run.length]);
  });

  test('gives all who want the same types the same buffer, and its own to those who want all that occur', () => {
    const types = setOf(['batch', 'epoch']);
    expect(block.select(types)).toBe(block.select(types));
    expect(unframe(block.select(types))).toEqual(
      run.filter(({ type }) => type === 'batch' || type === 'epoch').map(({ json }) => json),
    );
    expect(block.select(everyType)).toBe(block.bytes);
    expect(FrameBatch.of(run.slice(1, 3)).select(types)).not.toHaveLength(0);
    expect(FrameBatch.of(run.slice(0, 1)).select(types)).toHaveLength(0);
  });

  test('has of batches that follow each other only the last for those who want the newest', () => {
    const newest = (types: TypeSet): string[] => unframe(block.newest(types).frames);
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
    expect(block.newest(everyType)).toBe(block.newest(everyType));
    expect([block, FrameBatch.of(run.slice(1))].map((one) => one.newest(everyType).beginsWithBatch)).toEqual([
      false,
      true,
    ]);
  });

  test('gives what follows a seq without copying it', () => {
    const [rest, ...more] = block.ranges({ after: 10, types: everyType, batchesFrom: 0 });
    expect(more).toEqual([]);
    expect([rest?.first, rest?.last]).toEqual([11, run.length]);
    expect(unframe(rest!.frames)).toEqual(jsonOf(range(11, run.length)));
    expect(rest!.frames.buffer).toBe(block.bytes.buffer);
  });

  test('leaves out batches before the one from which they are wanted', () => {
    const stretches = block.ranges({ after: 1, types: everyType, batchesFrom: 15 });
    expect(stretches.map(({ first, last }) => [first, last])).toEqual([
      [9, 9],
      [15, run.length],
    ]);
    expect(textsOf(stretches)).toEqual(jsonOf([9, ...range(15, run.length)]));
  });

  test('ends a stretch where events are missing between', () => {
    const some = FrameBatch.of([run[1]!, run[2]!, run[5]!, run[6]!]);
    const stretches = some.ranges({ after: 0, types: everyType, batchesFrom: 0 });
    expect(stretches.map(({ first, last }) => [first, last])).toEqual([
      [2, 3],
      [6, 7],
    ]);
    expect(textsOf(stretches)).toEqual(jsonOf([2, 3, 6, 7]));
  });

  test('joins with the one that follows it', () => {
    const joined = FrameBatch.of(run.slice(0, 7)).join(FrameBatch.of(run.slice(7)));
    expect(joined.bytes).toEqual(block.bytes);
    const wanted = { after: 4, types: setOf(['batch', 'system']), batchesFrom: 12 };
    expect(joined.ranges(wanted)).toEqual(block.ranges(wanted));
  });
});
