import { readdirSync, type Stats, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import { maxFileBytes } from './idx.ts';

/** The IDX files of a dataset that was found on the disk. */
export interface FoundDataset {
  /** The folder that contains the files. */
  root: string;
  /** The split of EMNIST that the files contain, such as `letters`; undefined for files with MNIST's names. */
  emnist: string | undefined;
  /** Returns the path of one of the files. @throws MonitorError `dataset.invalid` when the file is missing. */
  pathOf(file: DatasetFile): string;
}

/** The four files of a dataset. */
export type DatasetFile = 'train-images' | 'train-labels' | 'test-images' | 'test-labels';
const allFiles: readonly DatasetFile[] = ['train-images', 'train-labels', 'test-images', 'test-labels'];

/** Returns the usual name of a file of MNIST, or of a split of EMNIST. */
export function usualName(file: DatasetFile, emnist?: string): string {
  const name = `${file}-${file.endsWith('images') ? 'idx3' : 'idx1'}-ubyte`;
  return emnist === undefined ? name.replace('test', 't10k') : `emnist-${emnist}-${name}`;
}

/** Matches the name of a dataset of EMNIST, such as `emnist-letters`. */
const emnistName = /^emnist-([a-z]+)$/;
/** Matches the names of the training images of EMNIST, by which its datasets are found. */
const emnistFile = /^emnist-([a-z]+)-train-images[-.]idx3-ubyte(?:\.gz)?$/;

/** Maximum number of file names in an error message: more do not help to find the mistake. */
const listedNames = 8;

/**
 * Finds a dataset in a folder or, as torchvision stores datasets, in `raw` or `NAME/raw` below the folder. A file has its
 * usual name or one with a dot (`train-images.idx3-ubyte`), may end in `.gz`, and may be in a folder of the same name, as
 * Kaggle packs files. Where a folder has several datasets of EMNIST, the path ends with the name of one (`emnist-letters`).
 * @throws MonitorError `dataset.invalid` that lists what was found instead of one dataset.
 */
export function findDataset(path: string): FoundDataset {
  const given = resolve(path);
  const chosen = statOf(given) ? undefined : emnistName.exec(basename(given))?.[1];
  const folder = chosen === undefined ? given : dirname(given);
  const kind = describeKind(statOf(folder));
  if (kind !== 'a folder')
    throw invalid(`--data: expected a folder with IDX files, found ${kind} at ${folder}`);

  const inFolder = datasetsIn(folder);
  const all = inFolder.length > 0 ? inFolder : rawFolders(folder).flatMap(datasetsIn);
  const [found, ...others] = all.filter(({ emnist }) => chosen === undefined || emnist === chosen);
  if (found === undefined) {
    const needed = allFiles.map((file) => usualName(file, chosen)).join(', ');
    throw invalid(`--data: expected ${needed} (or with .gz) in ${folder}, found ${describeContent(folder)}`);
  }
  if (others.length > 0) {
    const paths = [found, ...others].map(({ root, emnist }) => join(root, emnist ? `emnist-${emnist}` : ''));
    const names = paths.map((each) => relative(folder, each)).join(', ');
    const advice = found.emnist ? `choose one, such as --data ${paths[0]}` : 'choose the folder of one';
    throw invalid(`--data: expected one dataset in ${folder}, found several (${names}): ${advice}`);
  }
  const { root, emnist } = found;
  return {
    root,
    emnist,
    pathOf(file) {
      const name = usualName(file, emnist);
      const located = locate(root, name);
      if (located !== undefined) return located;
      throw invalid(`--data: expected ${name} (or with .gz) in ${root}, found ${describeContent(root)}`);
    },
  };
}

/** Returns the datasets whose files are in a folder: one with MNIST's names, or any number of EMNIST's. */
function datasetsIn(root: string): { root: string; emnist: string | undefined }[] {
  if (allFiles.some((file) => locate(root, usualName(file)) !== undefined))
    return [{ root, emnist: undefined }];
  const splits = listFolder(root).flatMap((name) => emnistFile.exec(name)?.[1] ?? []);
  return [...new Set(splits)].sort().map((emnist) => ({ root, emnist }));
}

const rawFolders = (folder: string): string[] =>
  [join(folder, 'raw'), ...listFolder(folder).map((name) => join(folder, name, 'raw'))].filter((path) =>
    statOf(path)?.isDirectory(),
  );

/**
 * Returns the name of a dataset: the name of its folder, or of the folder around `raw`, within the protocol's limit of 200
 * characters. The root of a disk has no name, so its path is used.
 */
export function datasetName(root: string): string {
  const named = basename(root) === 'raw' ? dirname(root) : root;
  return basename(named).slice(0, 200) || named;
}

/**
 * Reads a file of at most `maxFileBytes`.
 * @throws MonitorError `dataset.invalid` for a larger file, and for a device or a pipe, which may never end.
 */
export async function readBounded(path: string): Promise<Uint8Array> {
  const stat = statOf(path);
  if (!stat?.isFile()) throw invalid(`${path}: expected a file, found ${describeKind(stat)}`);
  if (stat.size > maxFileBytes)
    throw invalid(`${path}: expected at most ${maxFileBytes / 2 ** 20} MiB, got ${stat.size} bytes`);
  return readFile(path).catch((cause: Error) => {
    throw invalid(`${path}: cannot be read: ${cause.message}`, cause);
  });
}

/** Returns the path of a file under one of the names that `findDataset` accepts; undefined when there is none. */
function locate(root: string, usualName: string): string | undefined {
  for (const name of [usualName, usualName.replace('-idx', '.idx')])
    for (const file of [name, `${name}.gz`])
      for (const path of [join(root, file), join(root, file, file), join(root, name, file)]) {
        const stat = statOf(path);
        if (stat && !stat.isDirectory()) return path;
      }
  return undefined;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // The path does not exist, or its folder may not be read.
  }
}

function describeKind(stat: Stats | undefined): string {
  if (!stat) return 'nothing';
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFile()) return 'a file';
  return stat.isFIFO() ? 'a pipe' : 'a device';
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function describeContent(folder: string): string {
  const names = listFolder(folder).sort();
  if (names.length === 0) return 'nothing';
  const rest = names.length > listedNames ? ` and ${names.length - listedNames} more` : '';
  return names.slice(0, listedNames).join(', ') + rest;
}

const invalid = (message: string, cause?: unknown): MonitorError =>
  new MonitorError('dataset.invalid', message, { cause });
