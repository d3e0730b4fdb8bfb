import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import tf from '../kernels/tfjs.cjs';

/** The software that trains a run, stored in `run.json`. */
export interface Versions {
  monitor: string;
  node: string;
  tfjs: string;
  platform: string;
  /** The commit of the Git checkout that contains the program; null outside a checkout. */
  gitCommit: string | null;
}

/** Reads the versions of this program, its runtime and tfjs. */
export async function readVersions(): Promise<Versions> {
  const [text, commit] = await Promise.all([
    readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    gitCommit(),
  ]);
  const own = JSON.parse(text) as { version: string };
  return {
    monitor: own.version,
    node: process.versions.node,
    tfjs: tf.version_core,
    platform: `${process.platform}-${process.arch}`,
    gitCommit: commit,
  };
}

async function gitCommit(): Promise<string | null> {
  try {
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd, timeout: 2_000 });
    return stdout.trim();
  } catch {
    return null;
  }
}
