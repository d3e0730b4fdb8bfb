import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';

/** The folder of one run. Files appear in it whole, whatever is cut: on the disk under another name, then renamed. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the folder of a new run.
   * @throws MonitorError `runs.unwritable`, or `run.exists` when there is such a run already.
   */
  static create(runs: string, runId: string): RunFolder {
    const path = join(runs, runId);
    try {
      mkdirSync(runs, { recursive: true });
      mkdirSync(path);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST' && isRunFolder(message, path))
        throw new MonitorError(
          'run.exists',
          `--run-id: expected the id of a new run, but ${path} is there already`,
          {
            cause,
          },
        );
      throw new MonitorError(
        'runs.unwritable',
        `--runs: expected a folder that can be written, got ${runs} (${code})`,
        {
          cause,
        },
      );
    }
    return new RunFolder(path);
  }

  /** The folder of a run that is there. */
  static open(runs: string, runId: string): RunFolder {
    return new RunFolder(join(runs, runId));
  }

  /** A whole file; undefined when it is not there. */
  read(name: string): Buffer | undefined {
    const path = join(this.path, name);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  /** Writes a whole file, in a subfolder if its name says so. @throws MonitorError `runs.unwritable` */
  write(name: string, content: string | Uint8Array): void {
    const target = join(this.path, name);
    const partial = `${target}.partial`;
    try {
      mkdirSync(dirname(target), { recursive: true });
      writeDurably(partial, content);
      renameSync(partial, target);
    } catch (cause) {
      rmSync(partial, { force: true });
      throw unwritable(target, cause);
    }
  }
}

function writeDurably(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What to say of a file that cannot be written, on a full disk for example. */
export const unwritable = (path: string, cause: unknown): MonitorError =>
  new MonitorError(
    'runs.unwritable',
    `${path} cannot be written (${(cause as NodeJS.ErrnoException).code})`,
    { cause },
  );

/** `mkdir` says EEXIST too when the folder above is a file. */
const isRunFolder = (message: string, path: string): boolean => message.includes(`'${path}'`);
