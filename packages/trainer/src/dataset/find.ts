import { readdirSync, type Stats, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import { maxFileBytes } from './idx.ts';

/** The IDX files of a dataset that was found on the disk. */
export interface FoundDataset {
  /** The folder that contains the files. */
  root: string;
  /** Returns the path of a file by its usual name. */
  pathOf(name: string): string;
}

/** Maximum number of file names in an error message: more do not help to find the mistake. */
const listedNames = 8;

/**
 * Finds a dataset in a folder or, as torchvision stores datasets, in `raw` or `NAME/raw` below the folder. A file has its
 * usual name or one with a dot (`train-images.idx3-ubyte`), may end in `.gz`, and may be in a folder of the same name, as
 * Kaggle packs files.
 * @param names Usual names of all files.
 * @throws MonitorError `dataset.invalid` that lists the names in the folder.
 */
export function findDataset(folder: string, names: readonly string[]): FoundDataset {
  const given = resolve(folder);
  const kind = describeKind(statOf(given));
  if (kind !== 'a folder')
    throw invalid(`--data: expected a folder with IDX files, found ${kind} at ${given}`);

  const hasFiles = (root: string): boolean => names.some((name) => locate(root, name) !== undefined);
  const roots = hasFiles(given) ? [given] : rawFolders(given).filter(hasFiles);
  const [root, ...others] = roots;
  const needed = `${names.join(', ')} (or with .gz)`;
  if (root === undefined)
    throw invalid(`--data: expected ${needed} in ${given}, found ${describeContent(given)}`);
  if (others.length > 0) {
    const found = roots.map((path) => relative(given, path)).join(', ');
    throw invalid(
      `--data: expected one dataset in ${given}, found several (${found}): choose the folder of one`,
    );
  }
  return {
    root,
    pathOf(name) {
      const path = locate(root, name);
      if (path !== undefined) return path;
      throw invalid(`--data: expected ${name} (or with .gz) in ${root}, found ${describeContent(root)}`);
    },
  };
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
