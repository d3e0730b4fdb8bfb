import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { datasetName } from '../../src/dataset/find.ts';
import { loadDataset } from '../../src/dataset/load.ts';

const header = (...sizes: number[]): Buffer => {
  const bytes = Buffer.alloc(4 + 4 * sizes.length);
  bytes.writeUInt32BE(0x800 | sizes.length);
  sizes.forEach((size, axis) => {
    bytes.writeUInt32BE(size, 4 + 4 * axis);
  });
  return bytes;
};

/** Moves the four files of a dataset to another folder. @param rename Returns the new path of a file. */
function move(from: string, to: string, rename = (name: string) => name): void {
  for (const file of readdirSync(from).filter((name) => name.includes('ubyte'))) {
    const target = join(to, rename(file));
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(from, file), target);
  }
}

function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => name.includes('ubyte')))
    copyFileSync(join(from, file), join(to, file));
}

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
    ['/data/MNIST/raw', 'MNIST'],
    [`/data/${'x'.repeat(255)}`, 'x'.repeat(200)],
  ])('names the dataset in %s within the limit of the protocol', (root, name) => {
    expect(datasetName(root)).toBe(name);
  });

  test('names the file that is missing, and what was found', async () => {
    rmSync(join(folder, 't10k-labels-idx1-ubyte'));
    await expect(loadDataset(folder)).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: `--data: expected t10k-labels-idx1-ubyte (or with .gz) in ${folder}, found t10k-images-idx3-ubyte.gz, train-images-idx3-ubyte.gz, train-labels-idx1-ubyte`,
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

  test.each<[layout: string, name: string, arrange: (from: string, to: string) => void]>([
    [
      'NAME/raw, as torchvision stores it',
      'FashionMNIST',
      (from, to) => move(from, join(to, 'FashionMNIST', 'raw')),
    ],
    ['raw', 'data', (from, to) => move(from, join(to, 'raw'))],
    ['names with a dot', 'data', (from, to) => move(from, to, (name) => name.replace('-idx', '.idx'))],
    [
      'folders that have the names of the files, as Kaggle packs them',
      'data',
      (from, to) => move(from, to, (name) => join(name.replace('.gz', ''), name)),
    ],
  ])('finds the files in %s', async (_layout, name, arrange) => {
    const root = join(folder, 'data');
    arrange(folder, root);
    const dataset = await loadDataset(root);
    expect([dataset.name, dataset.train.size, dataset.test.size]).toEqual([name, 2, 2]);
  });

  test('asks which of several datasets is meant', async () => {
    const root = join(folder, 'data');
    for (const name of ['KMNIST', 'MNIST']) copy(folder, join(root, name, 'raw'));
    await expect(loadDataset(root)).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: `--data: expected one dataset in ${root}, found several (KMNIST/raw, MNIST/raw): choose the folder of one`,
    });
  });

  test('lists what an unsuitable folder contains', async () => {
    const root = join(folder, 'data');
    mkdirSync(root);
    const expected =
      'train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte';
    await expect(loadDataset(root)).rejects.toMatchObject({
      message: `--data: expected ${expected} (or with .gz) in ${root}, found nothing`,
    });
    for (let at = 1; at <= 9; at++) writeFileSync(join(root, `mnist-${at}.csv`), '');
    await expect(loadDataset(root)).rejects.toMatchObject({
      message: expect.stringMatching(/found mnist-1\.csv, .*, mnist-8\.csv and 1 more$/),
    });
  });

  test('refuses devices, pipes and files that are too large, without reading them', async () => {
    const path = join(folder, 'train-labels-idx1-ubyte');
    const message = async () => (await loadDataset(folder).catch((error: Error) => error)) as Error;
    truncateSync(path, 700 * 2 ** 20); // A file of zeros that takes no space.
    expect(await message()).toMatchObject({
      code: 'dataset.invalid',
      message: `${path}: expected at most 640 MiB, got ${700 * 2 ** 20} bytes`,
    });
    if (process.platform === 'win32') return;
    rmSync(path);
    symlinkSync('/dev/zero', path);
    expect(await message()).toMatchObject({ message: `${path}: expected a file, found a device` });
    rmSync(path);
    execFileSync('mkfifo', [path]);
    expect(await message()).toMatchObject({ message: `${path}: expected a file, found a pipe` });
  });

  test('reports a missing folder', async () => {
    const path = join(folder, 'none');
    await expect(loadDataset(path)).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: `--data: expected a folder with IDX files, found nothing at ${path}`,
    });
    writeFileSync(path, '');
    await expect(loadDataset(path)).rejects.toMatchObject({
      message: `--data: expected a folder with IDX files, found a file at ${path}`,
    });
  });
});
