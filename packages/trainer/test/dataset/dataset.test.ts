import { describe, expect, test } from '@jest/globals';
import { joinSplit, type NamedArray, type NamedLabels, takeFirst } from '../../src/dataset/dataset.ts';

const array = (name: string, shape: number[], values?: Uint8Array): NamedArray => ({
  name,
  shape,
  values: values ?? new Uint8Array(shape.reduce((product, side) => product * side, 1)),
});

const labelArray = (...values: number[]): NamedLabels => ({
  name: 'l',
  shape: [values.length],
  values: Int32Array.from(values),
});
const ten = { classCount: 10 };

describe('joinSplit', () => {
  test('joins images and labels of the same number', () => {
    const split = joinSplit(array('images', [2, 28, 28]), labelArray(3, 9), ten);
    expect(split.size).toBe(2);
    expect(split.images).toHaveLength(2 * 784);
    expect([...split.labels]).toEqual([3, 9]);
  });

  test.each([
    [array('i', [2, 28, 27]), labelArray(0, 0), 'i: expected images of 28 × 28, got 28 × 27'],
    [array('i', [0, 28, 28]), labelArray(), 'i: expected at least one image, got none'],
    [array('i', [2, 28, 28]), labelArray(0, 0, 0), 'l: expected 2 labels for the images in i, got 3'],
  ])('refuses arrays that do not match (%#)', (images, labels, message) => {
    expect(() => joinSplit(images, labels, ten)).toThrow(
      expect.objectContaining({ code: 'dataset.invalid', message }),
    );
  });

  test.each([
    [labelArray(0, 10), ten, 'l: expected labels from 0 to 9, of 10 classes, got 10 at position 1'],
    [labelArray(-1, 3), ten, 'l: expected labels from 0 to 9, of 10 classes, got -1 at position 0'],
    [
      labelArray(1, 0),
      { classCount: 26, firstLabel: 1 },
      'l: expected labels from 1 to 26, of 26 classes, got 0 at position 1',
    ],
  ])('refuses a label without a class (%#)', (labels, options, message) => {
    expect(() => joinSplit(array('i', [2, 28, 28]), labels, options)).toThrow(
      expect.objectContaining({ code: 'classes.invalid', message }),
    );
  });

  test('subtracts the label of the first class', () => {
    const split = joinSplit(array('i', [2, 28, 28]), labelArray(1, 26), { classCount: 26, firstLabel: 1 });
    expect([...split.labels]).toEqual([0, 25]);
  });
});

describe('takeFirst', () => {
  const split = joinSplit(array('images', [3, 28, 28]), labelArray(1, 2, 3), ten);

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
