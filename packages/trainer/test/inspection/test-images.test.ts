import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { testImagesFile } from '../../src/inspection/test-images.ts';

/** Returns a test set of images whose pixels all have the index of the image. */
const splitOf = (size: number, classCount: number) => ({
  size,
  classCount,
  images: Uint8Array.from({ length: size * 784 }, (_, at) => Math.floor(at / 784)),
  labels: Uint16Array.from({ length: size }, (_, at) => (at * 261) % classCount),
});

test.each([
  ['one byte', 10, [0, 1, 2, 3]],
  ['two bytes, the low one first', 1_000, [0, 0, 5, 1, 10, 2, 15, 3]],
])('the file has every test image, and its label in %s', (_, classCount, labels) => {
  const { description, content } = testImagesFile(splitOf(4, classCount))!;
  const digest = createHash('sha256').update(content).digest('hex');
  expect(description).toEqual({ digest, count: 4, width: 28, height: 28, channels: 1 });
  expect([...content.subarray(0, 785)]).toEqual([...Array(784).fill(0), 1]);
  expect([...content.subarray(4 * 784)]).toEqual(labels);
});

test('a test set of more than 16 MB has no such file', () => {
  const count = Math.floor((16 * 1024 * 1024) / 785);
  const blank = (size: number) => ({
    size,
    classCount: 10,
    images: new Uint8Array(size * 784),
    labels: new Uint16Array(size),
  });
  expect(testImagesFile(blank(count))?.content.length).toBe(count * 785);
  expect(testImagesFile(blank(count + 1))).toBeUndefined();
});
