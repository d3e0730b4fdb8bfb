import { access, type FileHandle, lstat, open, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runFiles, staleLockMs } from '@mnist-monitor/shared';

/** Where a trainer on this machine puts a run's files, next to the database. There may be none. */
export class RunFolders {
  readonly #runs: string;

  constructor(runs: string) {
    this.#runs = runs;
  }

  /** Whether a run has saved weights. */
  async hasModel(runId: string): Promise<boolean> {
    const path = join(this.#runs, runId, runFiles.model);
    return access(path).then(
      () => true,
      () => false,
    );
  }

  /**
   * A file of a run's saved model, for the caller to close; undefined when there is none of that name. It stays what
   * it is while it is read: the trainer puts another one in its place.
   */
  async openModelFile(runId: string, name: string): Promise<FileHandle | undefined> {
    const path = await this.#findModelFile(runId, name);
    return path === undefined ? undefined : open(path).catch(() => undefined);
  }

  /** Only plain files where a trainer writes them count: no way leads out of the run's folder, no link is followed. */
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

  /** Size of a run's files; 0 when there is no folder. */
  async bytes(runId: string): Promise<number> {
    if (!(await this.#isRunFolder(runId))) return 0;
    const path = join(this.#runs, runId);
    const names = await readdir(path, { recursive: true }).catch(() => []);
    // A file may be gone by now: the trainer writes them under other names first.
    const sizeOf = (name: string): Promise<number> =>
      lstat(join(path, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      );
    const sizes = names.map(sizeOf);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Whether a trainer is in a run's folder: it touches its lock every few seconds, whether it reaches the gateway or not. */
  async isHeld(runId: string): Promise<boolean> {
    return stat(join(this.#runs, runId, runFiles.lock)).then(
      ({ mtimeMs }) => Date.now() - mtimeMs < staleLockMs,
      () => false,
    );
  }

  /** Removes a run's folder with all that is in it; false when there is none. */
  async remove(runId: string): Promise<boolean> {
    if (!(await this.#isRunFolder(runId))) return false;
    await rm(join(this.#runs, runId), { recursive: true });
    return true;
  }

  /**
   * Whether there is a folder, not a link, that a trainer made for this run: its log begins with an event of it.
   * Whoever chose a folder of other things for `--runs` loses none of them.
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
