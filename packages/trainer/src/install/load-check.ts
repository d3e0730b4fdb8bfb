import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared/errors';
import { addonFile, binaries, loaderFile } from './tensorflow-library.ts';

/** Signals that recur on the same processor: it lacks an instruction, or the library's own check rejects it. */
const lastingSignals: readonly string[] = ['SIGILL', 'SIGABRT'];
/** Time limit of a load: the first one reads some 600 MB from the disk. */
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
 * Loads an installed library in a child process, because on a processor without the instructions that the library is
 * compiled for (AVX on x64), loading the library kills the process. The result is stored beside the library, by processor,
 * so that only the first start on a machine takes this time: 0.3 s, or longer on a slow disk.
 * @throws MonitorError `engine.unavailable` when a signal ended the child process.
 */
export async function checkLoads(
  folder: string,
  { script = loadScript, processor = describeProcessor() }: LoadCheckOptions = {},
): Promise<void> {
  const addons = [loaderFile, addonFile].map((file) => join(binaries(folder), file));
  const result = resultFile(folder, addons, processor);
  let signal = readResult(result);
  if (signal === undefined) {
    signal = await loadInChild(script, addons);
    if (signal === undefined) return;
    if (signal === 'none' || lastingSignals.includes(signal)) storeResult(result, signal);
  }
  if (signal === 'none') return;
  const what = lastingSignals.includes(signal) ? 'run on this processor' : 'load';
  throw new MonitorError('engine.unavailable', `TensorFlow does not ${what} (${signal})`);
}

/**
 * Resolves with the signal that ended the child process, or with `none`. A failure without a signal also gives `none`: it
 * occurs again when this process loads the library, and is reported there as an error.
 */
function loadInChild(script: string, addons: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', script, ...addons], {
      stdio: 'ignore',
      timeout: timeoutMs,
      windowsHide: true,
    });
    child.on('error', () => resolve(undefined)); // No child process could be started.
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
    return ['none', ...lastingSignals].find((signal) => text === signal);
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
