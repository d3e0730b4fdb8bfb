import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import { createFolder } from '@mnist-monitor/shared/files';
import { openRegularFile } from './regular-file.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;

/** The folder of one run. Files are written to a temporary name, synced and renamed, so that each is complete or absent. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Creates the folder of a new run.
   * @throws MonitorError `runs.unwritable`, or `run.exists` when the folder exists.
   */
  static create(runs: string, runId: string): RunFolder {
    const path = join(runs, runId);
    try {
      createFolder(runs);
      mkdirSync(path);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST' && namesRunFolder(message, path))
        throw new MonitorError(
          'run.exists',
          `--run-id: expected the id of a new run, but ${path} already exists`,
          { cause },
        );
      const reason = `--runs: expected a folder that can be written, got ${runs} (${code})`;
      throw new MonitorError('runs.unwritable', reason, { cause });
    }
    return new RunFolder(path);
  }

  /** Returns the folder of an existing run. */
  static open(runs: string, runId: string): RunFolder {
    return new RunFolder(join(runs, runId));
  }

  /** Reads a file; undefined when it does not exist. @throws MonitorError `run.damaged` when it cannot be read. */
  read(name: string): Buffer | undefined {
    let file: number;
    try {
      file = openRegularFile(this.path, name, O_RDONLY);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const path = join(this.path, name);
      throw new MonitorError('run.damaged', `${path} cannot be read (${reasonOf(cause)})`, { cause });
    }
    try {
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Writes a file; its name may contain subfolders. @throws MonitorError `runs.unwritable` */
  write(name: string, content: string | Uint8Array): void {
    const target = join(this.path, name);
    const partial = `${target}.partial`;
    try {
      mkdirSync(dirname(target), { recursive: true });
      rmSync(partial, { force: true }); // Left by a trainer that was killed.
      this.#writeDurably(`${name}.partial`, content);
      renameSync(partial, target);
    } catch (cause) {
      rmSync(partial, { force: true });
      throw unwritable(target, cause);
    }
  }

  /**
   * Writes a file whose name determines its content. Where another run has the same file, both runs share it by a hard link, so
   * that it takes no more space; the space is freed with the last run that has the file.
   * @throws MonitorError `runs.unwritable`
   */
  writeShared(name: string, content: Uint8Array): void {
    if (this.#hasFile(name, content) || this.#linkFromOtherRun(name, content)) return;
    this.write(name, content);
  }

  #linkFromOtherRun(name: string, content: Uint8Array): boolean {
    const runs = dirname(this.path);
    const partial = `${name}.partial`;
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    // The newest run is the most likely one to have the file: ids of runs sort by their start.
    for (const other of readdirSync(runs).sort().reverse()) {
      try {
        linkSync(join(runs, other, name), join(this.path, partial));
      } catch {
        continue; // The run has no such file, or the file system has no hard links.
      }
      if (this.#hasFile(partial, content)) {
        renameSync(join(this.path, partial), join(this.path, name));
        return true;
      }
      rmSync(join(this.path, partial), { force: true });
    }
    return false;
  }

  /** Returns whether there is a regular file with this content. */
  #hasFile(name: string, content: Uint8Array): boolean {
    try {
      return this.read(name)?.equals(content) === true;
    } catch {
      return false;
    }
  }

  #writeDurably(name: string, content: string | Uint8Array): void {
    const file = openRegularFile(this.path, name, O_WRONLY | O_CREAT | O_EXCL);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

/** Creates the error for a file that cannot be written, for example on a full disk. */
export const unwritable = (path: string, cause: unknown): MonitorError =>
  new MonitorError('runs.unwritable', `${path} cannot be written (${reasonOf(cause)})`, { cause });

function reasonOf(cause: unknown): string | undefined {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ELOOP' ? 'a link, which the trainer does not follow, or no regular file' : code;
}

/**
 * Returns whether the message of an EEXIST error from `mkdir` names the run's folder. The error also occurs when the
 * parent folder is a file; the message then names the path of that file.
 */
const namesRunFolder = (message: string, path: string): boolean => message.includes(`'${path}'`);
