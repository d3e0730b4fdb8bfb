import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { datasetName, loadDataset } from '../../src/dataset/load.ts';

const header = (...sizes: number[]): Buffer => {
  const bytes = Buffer.alloc(4 + 4 * sizes.length);
  bytes.writeUInt32BE(0x800 | sizes.length);
  sizes.forEach((size, axis) => {
    bytes.writeUInt32BE(size, 4 + 4 * axis);
  });
  return bytes;
};

describe('loadDataset', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mnist-data-'));
    for (const split of ['train', 't10k']) {
      const images = Buffer.concat([header(2, 28, 28), Buffer.alloc(2 * 784, 7)]);
      writeFileSync(join(folder, `${split}-images-idx3-ubyte.gz`), gzipSync(images));
      writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), Buffer.concat([header(2), Buffer.of(1, 2)]));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('reads MNIST from its package and checks the digests', async () => {
    const { name, train, test: testSplit } = await loadDataset(undefined);
    expect(name).toBe('MNIST');
    expect([train.size, testSplit.size]).toEqual([60_000, 10_000]);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  });

  test('reads IDX files of the user, compressed or not', async () => {
    const { train, test: testSplit } = await loadDataset(folder);
    expect([train.size, testSplit.size]).toEqual([2, 2]);
    expect(train.images[0]).toBe(7);
    expect([...testSplit.labels]).toEqual([1, 2]);
  });

  test.each([
    ['/data/fashion', 'fashion'],
    ['/', '/'],
    [`/data/${'x'.repeat(255)}`, 'x'.repeat(200)],
  ])('names the dataset in %s within the limit of the protocol', (root, name) => {
    expect(datasetName(root)).toBe(name);
  });

  test('names the file that is missing', async () => {
    const path = join(folder, 't10k-labels-idx1-ubyte');
    rmSync(path);
    await expect(loadDataset(folder)).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: `${path}: expected an IDX file here (or one with .gz), found none`,
    });
  });

  test('names the file that is damaged', async () => {
    const path = join(folder, 'train-labels-idx1-ubyte');
    writeFileSync(path, 'not an array');
    await expect(loadDataset(folder)).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: `${path}: expected magic number 0x00000801, got 0x6e6f7420`,
    });
  });

  test('reports a missing folder', async () => {
    const path = join(folder, 'none');
    await expect(loadDataset(path)).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: `--data: expected a folder with IDX files, found nothing at ${path}`,
    });
  });
});
