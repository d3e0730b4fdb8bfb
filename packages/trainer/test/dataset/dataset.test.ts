import { describe, expect, test } from '@jest/globals';
import { joinSplit, type NamedArray, takeFirst } from '../../src/dataset/dataset.ts';

const array = (name: string, shape: number[], values?: Uint8Array): NamedArray => ({
  name,
  shape,
  values: values ?? new Uint8Array(shape.reduce((product, side) => product * side, 1)),
});

describe('joinSplit', () => {
  test('joins images and labels of the same number', () => {
    const split = joinSplit(array('images', [2, 28, 28]), array('labels', [2], Uint8Array.of(3, 9)));
    expect(split.size).toBe(2);
    expect(split.images).toHaveLength(2 * 784);
    expect([...split.labels]).toEqual([3, 9]);
  });

  test.each([
    [array('i', [2, 28, 27]), array('l', [2]), 'i: expected images of 28 × 28, got 28 × 27'],
    [array('i', [0, 28, 28]), array('l', [0]), 'i: expected at least one image, got none'],
    [array('i', [2, 28, 28]), array('l', [3]), 'l: expected 2 labels for the images in i, got 3'],
    [
      array('i', [1, 28, 28]),
      array('l', [1], Uint8Array.of(10)),
      'l: expected labels from 0 to 9, got 10 at position 0',
    ],
  ])('refuses arrays that do not match (%#)', (images, labels, message) => {
    expect(() => joinSplit(images, labels)).toThrow(
      expect.objectContaining({ code: 'dataset.invalid', message }),
    );
  });
});

describe('takeFirst', () => {
  const split = joinSplit(array('images', [3, 28, 28]), array('labels', [3], Uint8Array.of(1, 2, 3)));

  test('returns the first images, and all by default', () => {
    expect(takeFirst(split, undefined, '--train-size')).toBe(split);
    expect([...takeFirst(split, 2, '--train-size').labels]).toEqual([1, 2]);
    expect(takeFirst(split, 2, '--train-size').images).toHaveLength(2 * 784);
  });

  test('refuses more images than the split has, naming the flag', () => {
    const message = '--train-size: expected at most 3, the images in the dataset, got 4';
    expect(() => takeFirst(split, 4, '--train-size')).toThrow(
      expect.objectContaining({ code: 'option.invalid', message }),
    );
  });
});
