import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared/errors';
import { addonFile, binaryFolder, loaderFile } from './tensorflow-library.ts';

/** Signals that occur at every load: the processor lacks an instruction, or the library's own check rejects the processor. */
const permanentSignals: readonly string[] = ['SIGILL', 'SIGABRT'];
/** Time limit of the check: the first load reads some 600 MB from the disk. */
const timeoutMs = 120_000;
const loadScript = 'for (const file of process.argv.slice(1)) require(file)';

/** Options of `checkLoads`. */
export interface LoadCheckOptions {
  /** JavaScript for the child process, with the paths of the two addons as its arguments. For tests. */
  script?: string;
  /** Description of the processor. For tests. */
  processor?: string;
}

/**
 * Checks that an installed library can be loaded, in a child process: on a processor without the instructions that the library
 * uses (AVX on x64), loading it kills the process. The result is stored beside the library for each processor, because the
 * check takes 0.3 s, or longer on a slow disk.
 * @throws MonitorError `engine.unavailable` when a signal ended the child process.
 */
export async function checkLoads(
  folder: string,
  { script = loadScript, processor = describeProcessor() }: LoadCheckOptions = {},
): Promise<void> {
  const addons = [loaderFile, addonFile].map((file) => join(binaryFolder(folder), file));
  const resultPath = resultFile(folder, addons, processor);
  let signal = readResult(resultPath);
  if (signal === undefined) {
    signal = await loadInChild(script, addons);
    if (signal === undefined) return;
    if (signal === 'none' || permanentSignals.includes(signal)) storeResult(resultPath, signal);
  }
  if (signal === 'none') return;
  const what = permanentSignals.includes(signal) ? 'run on this processor' : 'load';
  throw new MonitorError('engine.unavailable', `TensorFlow does not ${what} (${signal})`);
}

/**
 * Resolves with the signal that ended the child process, with `none` when no signal did, or with undefined when the child
 * could not be started. An exception in the child also gives `none`: this process reports it when it loads the library.
 */
function loadInChild(script: string, addons: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', script, ...addons], {
      stdio: 'ignore',
      timeout: timeoutMs,
      windowsHide: true,
    });
    child.on('error', () => resolve(undefined));
    child.on('exit', (_code, signal) => resolve(signal ?? 'none'));
  });
}

/** Returns the path of the stored result, which is different for each library and processor. */
function resultFile(folder: string, addons: string[], processor: string): string {
  const hash = createHash('sha256').update(processor);
  for (const addon of addons) hash.update(` ${statSync(addon, { throwIfNoEntry: false })?.mtimeMs}`);
  return `${folder}.loads-${hash.digest('hex').slice(0, 16)}`;
}

/** Reads the stored result; undefined when there is none for this processor, or when the file is incomplete. */
function readResult(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return ['none', ...permanentSignals].find((signal) => text === signal);
  } catch {
    return undefined;
  }
}

function storeResult(path: string, signal: string): void {
  try {
    writeFileSync(path, signal);
  } catch {
    // The cache may belong to another user, for example in a container: the next start checks again.
  }
}

/** Returns model and features of the processor: a virtual machine may hide features of the same model. */
function describeProcessor(): string {
  if (process.platform !== 'linux') return cpus()[0]?.model ?? '';
  const [first = ''] = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n', 1);
  return first
    .split('\n')
    .filter((line) => /^(model name|flags|Features|CPU part)\b/.test(line))
    .join('\n');
}
