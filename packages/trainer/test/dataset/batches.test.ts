import { describe, expect, test } from '@jest/globals';
import { type Batch, batchCount, orderedBatches, shuffledBatches } from '../../src/dataset/batches.ts';
import type { Split } from '../../src/dataset/dataset.ts';

/** Ten images whose first pixel is their index. */
const split: Split = {
  size: 10,
  images: Uint8Array.from({ length: 10 * 784 }, (_, at) => (at % 784 === 0 ? at / 784 : 255)),
  labels: Uint16Array.from({ length: 10 }, (_, index) => index),
  classCount: 10,
};

/** Returns the index of each image in `split`, which its first pixel contains. */
const indicesOf = (batches: Iterable<Batch>): number[] =>
  [...batches].flatMap(({ images, size }) =>
    Array.from({ length: size }, (_, row) => Math.round((images[row * 784] as number) * 255)),
  );

describe('batches', () => {
  test('an epoch has every image once; the last batch may be smaller', () => {
    const batches = [...shuffledBatches(split, 4, { seed: 1, epoch: 1 })];
    expect(batches.map(({ size }) => size)).toEqual([4, 4, 2]);
    expect(batches).toHaveLength(batchCount(split.size, 4));
    expect(indicesOf(batches).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('the order depends on seed and epoch only', () => {
    const order = (seed: number, epoch: number) => indicesOf(shuffledBatches(split, 4, { seed, epoch }));
    expect(order(1, 2)).toEqual(order(1, 2));
    expect(order(1, 2)).not.toEqual(order(1, 1));
    expect(order(2, 2)).not.toEqual(order(1, 2));
  });

  test.each([false, true])(
    'skipping finished batches leaves the others the same (augmented: %p)',
    (augment) => {
      const epoch = (skip: number) => [...shuffledBatches(split, 4, { seed: 1, epoch: 1, augment, skip })];
      expect(epoch(2)).toEqual(epoch(0).slice(2));
      expect(epoch(3)).toEqual([]);
    },
  );

  test('ordered batches keep the order', () => {
    expect(indicesOf(orderedBatches(split, 3))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('grey levels become fractions, and each label belongs to its image', () => {
    const [batch] = [...shuffledBatches(split, 10, { seed: 3, epoch: 1 })] as [Batch];
    expect(batch.images[1]).toBe(1);
    indicesOf([batch]).forEach((index, row) => {
      const label = batch.oneHot.subarray(row * 10, row * 10 + 10).indexOf(1);
      expect(label).toBe(index);
    });
  });
});
