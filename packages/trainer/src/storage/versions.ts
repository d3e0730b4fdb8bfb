import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { version_core as tfjs } from '@tensorflow/tfjs-core';

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
export function readVersions(): Versions {
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return {
    monitor: own.version,
    node: process.versions.node,
    tfjs,
    platform: `${process.platform}-${process.arch}`,
    gitCommit: gitCommit(),
  };
}

function gitCommit(): string | null {
  try {
    const cwd = new URL('.', import.meta.url);
    const output = execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2_000,
    });
    return output.toString().trim();
  } catch {
    return null;
  }
}
