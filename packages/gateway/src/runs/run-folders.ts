import { type FileHandle, lstat, readdir, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runFiles, staleLockMs } from '@mnist-monitor/shared';
import { ownedBytes, PublishedFiles, type PublishedFilesLimits } from './published-files.ts';
import { openRegularFile } from './regular-file.ts';

/** The folders beside the database in which trainers on this machine store the files of their runs. A run may have none. */
export class RunFolders {
  readonly #runs: string;
  /** The files that publishers have sent. A run may have some although no trainer has made its folder. */
  readonly published: PublishedFiles;

  constructor(runs: string, limits: PublishedFilesLimits) {
    this.#runs = runs;
    this.published = new PublishedFiles(runs, limits);
  }

  /** Resolves with whether the run has a saved model. */
  async hasModel(runId: string): Promise<boolean> {
    const path = join(this.#runs, runId, runFiles.model);
    const parents = [join(this.#runs, runId), dirname(path)];
    try {
      for (const parent of parents) if (!(await lstat(parent)).isDirectory()) return false;
      return (await lstat(path)).isFile();
    } catch {
      return false;
    }
  }

  /**
   * Opens a file of a run's saved model, which the caller has to close; undefined when there is no such file. Its
   * content does not change while it is open: the trainer replaces the file instead of writing to it.
   */
  async openModelFile(runId: string, name: string): Promise<FileHandle | undefined> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || name.endsWith('.partial')) return undefined;
    return this.#openFile(runId, name.endsWith('.safetensors') ? name : join(dirname(runFiles.model), name));
  }

  /** Opens a regular file of a run's folder. Only the folder of all runs may be a symbolic link. */
  async #openFile(runId: string, name: string): Promise<FileHandle | undefined> {
    const runs = await realpath(this.#runs).catch(() => undefined);
    return runs === undefined ? undefined : openRegularFile(join(runs, runId, name));
  }

  /** Resolves with the size of a run's files; 0 when it has none. */
  async bytes(runId: string): Promise<number> {
    if (!(await this.#isRunFolder(runId))) return this.published.bytes(runId);
    const path = join(this.#runs, runId);
    // `withFileTypes` is needed: without it, Node.js follows links to folders.
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile());
    // A file may have been renamed since it was listed: the trainer writes each under a temporary name first.
    const sizes = files.map(({ parentPath, name }) => ownedBytes(join(parentPath, name)));
    return Math.round((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0));
  }

  /** Resolves with whether a trainer uses the folder: trainers renew their lock file every few seconds. */
  async isHeld(runId: string): Promise<boolean> {
    return lstat(join(this.#runs, runId, runFiles.lock)).then(
      (lock) => lock.isFile() && Date.now() - lock.mtimeMs < staleLockMs,
      () => false,
    );
  }

  /**
   * Removes a run's folder with all its files, or only the published files if no trainer has made the folder. Resolves
   * with false when there is nothing to remove.
   */
  async remove(runId: string): Promise<boolean> {
    const isRunFolder = await this.#isRunFolder(runId);
    const hadPublished = await this.published.removeAll(runId);
    if (!isRunFolder) return hadPublished;
    await rm(join(this.#runs, runId), { recursive: true });
    return true;
  }

  /**
   * Resolves with whether a trainer made the folder for this run: it is no symbolic link, and its `events.jsonl` begins
   * with an event of the run. This protects the files of a user who sets `--runs` to a folder with other content.
   */
  async #isRunFolder(runId: string): Promise<boolean> {
    const path = join(this.#runs, runId);
    const beginning = `{"v":1,"runId":"${runId}",`;
    try {
      if (!(await lstat(path)).isDirectory()) return false;
      const log = await this.#openFile(runId, runFiles.events);
      return log !== undefined && (await readBeginning(log, beginning.length)) === beginning;
    } catch {
      return false;
    }
  }
}

/** Reads the first bytes of a file, and closes it. */
async function readBeginning(file: FileHandle, length: number): Promise<string> {
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
