import { access, type FileHandle, lstat, open, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runFiles, staleLockMs } from '@mnist-monitor/shared';

/** The folders in which a trainer on this machine stores its runs' files, beside the database. A run may have none. */
export class RunFolders {
  readonly #runs: string;

  constructor(runs: string) {
    this.#runs = runs;
  }

  /** Resolves with whether the run has a saved model. */
  async hasModel(runId: string): Promise<boolean> {
    const path = join(this.#runs, runId, runFiles.model);
    return access(path).then(
      () => true,
      () => false,
    );
  }

  /**
   * Opens a file of a run's saved model, which the caller has to close; undefined when there is no such file. Its
   * content does not change while it is open: the trainer replaces the file instead of writing to it.
   */
  async openModelFile(runId: string, name: string): Promise<FileHandle | undefined> {
    const path = await this.#findModelFile(runId, name);
    return path === undefined ? undefined : open(path).catch(() => undefined);
  }

  /** Accepts only regular files where a trainer writes them: no path out of the run's folder, and no link. */
  async #findModelFile(runId: string, name: string): Promise<string | undefined> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || name.endsWith('.partial')) return undefined;
    try {
      const runs = await realpath(this.#runs);
      const path = join(
        runs,
        runId,
        name.endsWith('.safetensors') ? name : join(dirname(runFiles.model), name),
      );
      return (await realpath(path)) === path && (await stat(path)).isFile() ? path : undefined;
    } catch {
      return undefined;
    }
  }

  /** Resolves with the size of a run's files; 0 when it has no folder. */
  async bytes(runId: string): Promise<number> {
    if (!(await this.#isRunFolder(runId))) return 0;
    const path = join(this.#runs, runId);
    const names = await readdir(path, { recursive: true }).catch(() => []);
    // A file may have been renamed since it was listed: the trainer writes each under a temporary name first.
    const sizeOf = (name: string): Promise<number> =>
      lstat(join(path, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      );
    const sizes = names.map(sizeOf);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Resolves with whether a trainer uses the folder: it touches the lock every few seconds, even without a gateway. */
  async isHeld(runId: string): Promise<boolean> {
    return stat(join(this.#runs, runId, runFiles.lock)).then(
      ({ mtimeMs }) => Date.now() - mtimeMs < staleLockMs,
      () => false,
    );
  }

  /** Removes a run's folder with all its files; false when it has none. */
  async remove(runId: string): Promise<boolean> {
    if (!(await this.#isRunFolder(runId))) return false;
    await rm(join(this.#runs, runId), { recursive: true });
    return true;
  }

  /**
   * Whether the folder is a real one, not a link, that a trainer made for this run: its log begins with an event of the
   * run. Protects the other files of a user whose `--runs` names a folder with other content.
   */
  async #isRunFolder(runId: string): Promise<boolean> {
    const path = join(this.#runs, runId);
    const beginning = `{"v":1,"runId":"${runId}",`;
    try {
      if (!(await lstat(path)).isDirectory()) return false;
      return (await readBeginning(join(path, runFiles.events), beginning.length)) === beginning;
    } catch {
      return false;
    }
  }
}

async function readBeginning(path: string, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
