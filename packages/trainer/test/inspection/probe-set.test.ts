import { describe, expect, test } from '@jest/globals';
import { takeFirst } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import { chooseProbeSet, probeImageParts } from '../../src/inspection/probe-set.ts';

const { test: images } = await loadDataset(undefined);
const countByClass = (labels: Iterable<number>): number[] => {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
};

describe('chooseProbeSet', () => {
  test('chooses equally many images of each class, in the order of the test set', () => {
    const { indices, split } = chooseProbeSet(images, 500, 42);
    expect(countByClass(split.labels)).toEqual(Array(10).fill(50));
    expect([...indices]).toEqual([...new Set(indices)].sort((a, b) => a - b));
    expect([...split.labels]).toEqual([...indices].map((index) => images.labels[index]));
    expect(split.images.subarray(784, 1568)).toEqual(
      images.images.subarray(indices[1]! * 784, (indices[1]! + 1) * 784),
    );
  });

  test('chooses the same images for the same seed, and others for another', () => {
    const { indices } = chooseProbeSet(images, 100, 42);
    expect(chooseProbeSet(images, 100, 42).indices).toEqual(indices);
    expect(chooseProbeSet(images, 100, 43).indices).not.toEqual(indices);
  });

  test('chooses every image of a smaller test set', () => {
    const { indices } = chooseProbeSet(takeFirst(images, 7, ''), 500, 1);
    expect([...indices]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('probeImageParts', () => {
  const probeSet = chooseProbeSet(images, 250, 42);

  test('returns all images in parts of at most 100', () => {
    const parts = probeImageParts(probeSet, 0);
    expect(parts.map(({ first, indices }) => [first, indices.length])).toEqual([
      [0, 100],
      [100, 100],
      [200, 50],
    ]);
    expect(parts.flatMap(({ indices }) => indices)).toEqual([...probeSet.indices]);
    expect(parts.flatMap(({ labels }) => labels)).toEqual([...probeSet.split.labels]);
    expect(Buffer.concat(parts.map(({ pixels }) => Buffer.from(pixels, 'base64')))).toEqual(
      Buffer.from(probeSet.split.images),
    );
  });

  test('continues after images that were sent before', () => {
    expect(probeImageParts(probeSet, 200).map(({ first }) => first)).toEqual([200]);
    expect(probeImageParts(probeSet, 250)).toEqual([]);
  });
});
