import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  type FileHandle,
  link as hardLink,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { eventLimits, MonitorError, type PublishedFileKind, publishedFilePath } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import { toDiskError } from '../store/disk-errors.ts';
import { FileQuota } from './file-quota.ts';
import { openRegularFile } from './regular-file.ts';

/** The limits of each kind of files that publishers send. */
export const publishedFileLimits: Record<PublishedFileKind, { maxBytes: number; maxFiles: number }> = {
  snapshots: { maxBytes: eventLimits.snapshotBytes, maxFiles: eventLimits.snapshots },
  // Two, because a new file is sent before the one that it replaces is deleted.
  'test-images': { maxBytes: eventLimits.testImageBytes, maxFiles: 2 },
};
export const publishedFileKinds = Object.keys(publishedFileLimits) as PublishedFileKind[];

/** The name of a published file. */
export interface PublishedFileId {
  runId: string;
  kind: PublishedFileKind;
  /** SHA-256 of the content, in hexadecimal digits. */
  digest: string;
}

/** Matches the names of files that this class creates, unfinished ones included. */
const fileName = /^[0-9a-f]{64}\.(?:safetensors|bin)(?:\.[0-9a-f-]{36}\.partial)?$/;
/** Returns whether a file is complete. An unfinished file has the name that it will get, with a suffix. */
const isFinished = (name: string): boolean => !name.endsWith('.partial');

/** Time without a write after which an unfinished file is removed: several times `requestTimeoutMs`, the limit for an upload. */
const abandonedAfterMs = 60_000;

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;

export type PublishedFilesLimits = Pick<Limits, 'uploadBytes' | 'uploadMeasureMs'>;

/** The files that publishers send for their runs: snapshots of the weights, and test images. Each is named by its digest. */
export class PublishedFiles {
  readonly #runs: string;
  /** The digests of the files of each run and kind that are being received. */
  readonly #receiving = new Map<string, Set<string>>();

  readonly #quota: FileQuota;

  /** @param runs The folder of all runs. */
  constructor(runs: string, { uploadBytes, uploadMeasureMs }: PublishedFilesLimits) {
    this.#runs = runs;
    const measure = (): Promise<number> => this.#bytesOfAllRuns();
    this.#quota = new FileQuota({ maxBytes: uploadBytes, measureIntervalMs: uploadMeasureMs, measure });
  }

  /** Opens a file for reading, which the caller has to close; undefined when there is no such file. */
  async open(id: PublishedFileId): Promise<FileHandle | undefined> {
    const runs = await realpath(this.#runs).catch(() => undefined);
    return runs === undefined ? undefined : openRegularFile(join(runs, id.runId, pathOf(id)));
  }

  /**
   * Stores a file. The content goes to a temporary file, which gets its name only when the digest is right and all of it is
   * on disk. Resolves with false, without reading `content`, when the file exists already.
   * @param announcedBytes The size that the publisher announced; 0 if it announced none.
   * @throws MonitorError `file.too_large`, `file.too_many`, `files.full`, `file.invalid`, `runs.unwritable` or `store.…`
   */
  async store(id: PublishedFileId, content: AsyncIterable<Buffer>, announcedBytes = 0): Promise<boolean> {
    const existing = await this.open(id);
    await existing?.close();
    if (existing) return false;
    const { maxFiles } = publishedFileLimits[id.kind];
    const folder = await this.#createFolder(id);
    const key = `${id.runId}/${id.kind}`;
    const receiving = this.#receiving.get(key) ?? new Set();
    this.#receiving.set(key, receiving);
    // Each file counts once, whether it is still being received or has got its name in the meantime, so that files which
    // arrive at the same time cannot exceed the limit together.
    const others = new Set(receiving);
    receiving.add(id.digest);
    try {
      for (const digest of await this.digests(id)) others.add(digest);
      others.delete(id.digest);
      if (others.size >= maxFiles)
        throw new MonitorError(
          'file.too_many',
          `expected at most ${maxFiles} ${id.kind} of a run: delete some before sending others`,
        );
      await this.#receive(id, { content, announcedBytes, path: join(folder, basename(pathOf(id))) });
      return true;
    } finally {
      receiving.delete(id.digest);
      if (receiving.size === 0) this.#receiving.delete(key);
    }
  }

  /** Removes a file; false when there is none. */
  async remove(id: PublishedFileId): Promise<boolean> {
    const folder = await this.#folderOf(id);
    if (folder === undefined) return false;
    return this.#unlink(join(folder, basename(pathOf(id)))).then(
      () => true,
      () => false,
    );
  }

  /** Resolves with the digests of the complete files of a run and kind. */
  async digests(id: Pick<PublishedFileId, 'runId' | 'kind'>): Promise<string[]> {
    const folder = await this.#folderOf(id);
    const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
    return names.filter((name) => fileName.test(name) && isFinished(name)).map(digestIn);
  }

  /** Resolves with the size of all published files of a run. */
  async bytes(runId: string): Promise<number> {
    let sum = 0;
    for (const { path } of await this.#filesOf(runId)) sum += await ownedBytes(path);
    return sum;
  }

  /**
   * Removes all published files of a run, and the folders that are empty then. Other files are left: the folder of runs may
   * be one that a user keeps other things in. Resolves with whether there were published files.
   */
  async removeAll(runId: string): Promise<boolean> {
    const files = await this.#filesOf(runId);
    for (const { path } of files) await this.#unlink(path);
    const folders = new Set(files.map(({ folder }) => folder));
    for (const folder of folders) await rmdir(folder).catch(() => {});
    if (folders.size > 0) await rmdir(join(this.#runs, runId)).catch(() => {});
    return files.length > 0;
  }

  async #receive(
    id: PublishedFileId,
    {
      content,
      announcedBytes,
      path,
    }: { content: AsyncIterable<Buffer>; announcedBytes: number; path: string },
  ): Promise<void> {
    const { maxBytes } = publishedFileLimits[id.kind];
    const quota = this.#quota;
    // Reserves what was announced before anything is read, and what arrives beyond that piece by piece.
    let reserved = 0;
    const reserve = async (bytes: number): Promise<void> => {
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      if (bytes <= reserved) return;
      await quota.reserve(bytes - reserved);
      reserved = bytes;
    };
    try {
      await reserve(announcedBytes);
      const bytes = await receive(id, { content, path, reserve });
      const isShared = id.kind === 'test-images' && (await this.#shareWithOtherRun(id, path));
      quota.cancel(isShared ? reserved : reserved - bytes);
      if (!isShared) quota.complete(bytes);
    } catch (error) {
      quota.cancel(reserved);
      throw error;
    }
  }

  /**
   * Replaces a complete file by a hard link to another run's file with the same content, if there is one, and resolves with whether
   * the file is such a link. Test images are those of a data set, which many runs use.
   */
  async #shareWithOtherRun(id: PublishedFileId, path: string): Promise<boolean> {
    const link = `${path}.${randomUUID()}.partial`;
    const runs = await readdir(this.#runs).catch(() => []);
    // The newest run is the most likely one to have the file: ids of runs sort by their start.
    for (const runId of runs.sort().reverse()) {
      if (runId === id.runId || (await this.#digestOf({ ...id, runId })) !== id.digest) continue;
      try {
        await hardLink(join(this.#runs, runId, pathOf(id)), link);
        await rename(link, path);
        return true;
      } catch {
        return false; // The file system has no hard links, or the other run was removed.
      }
    }
    return false;
  }

  /** Resolves with the SHA-256 of a file; undefined when there is none. */
  async #digestOf(id: PublishedFileId): Promise<string | undefined> {
    const file = await this.open(id);
    if (!file) return undefined;
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream()) hash.update(chunk);
    return hash.digest('hex');
  }

  /** Deletes a file, and releases its bytes if it is complete and no other run shares it. */
  async #unlink(path: string): Promise<void> {
    const { size = 0, nlink = 0 } = (await lstat(path).catch(() => undefined)) ?? {};
    // A file that several runs share takes its space until the last of them is removed.
    const bytes = isFinished(path) && nlink === 1 ? size : 0;
    await unlink(path);
    this.#quota.release(bytes);
  }

  /** Resolves with the size of the complete files of all runs, and removes unfinished files that a crash has left. */
  async #bytesOfAllRuns(): Promise<number> {
    let sum = 0;
    const entries = await readdir(this.#runs, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((each) => each.isDirectory()))
      for (const { path } of await this.#filesOf(entry.name)) {
        if (isFinished(path)) sum += await ownedBytes(path);
        else if (await isAbandoned(path)) await unlink(path).catch(() => {});
      }
    return sum;
  }

  async #filesOf(runId: string): Promise<{ folder: string; path: string }[]> {
    const files = [];
    for (const kind of publishedFileKinds) {
      const folder = await this.#folderOf({ runId, kind });
      if (folder === undefined) continue;
      for (const entry of await readdir(folder, { withFileTypes: true }))
        if (entry.isFile() && fileName.test(entry.name))
          files.push({ folder, path: join(folder, entry.name) });
    }
    return files;
  }

  /** Returns the folder of a run's files of a kind; undefined when there is none, or when a link leads to it. */
  async #folderOf({ runId, kind }: Pick<PublishedFileId, 'runId' | 'kind'>): Promise<string | undefined> {
    const runs = await realpath(this.#runs).catch(() => undefined);
    if (runs === undefined) return undefined;
    const folder = join(runs, runId, kind);
    return (await realpath(folder).catch(() => undefined)) === folder ? folder : undefined;
  }

  /** @throws MonitorError `runs.unwritable` or `store.…` */
  async #createFolder(id: PublishedFileId): Promise<string> {
    const folderWithLink = (): MonitorError =>
      new MonitorError('runs.unwritable', `expected a folder without links for the ${id.kind} of a run`);
    let folder: string | undefined;
    try {
      await mkdir(join(this.#runs, id.runId), { recursive: true });
      // Checked before anything is created in the run's folder: if it is a link, that would be elsewhere.
      const run = join(await realpath(this.#runs), id.runId);
      if ((await realpath(run)) !== run) throw folderWithLink();
      await mkdir(join(run, id.kind), { recursive: true });
      folder = await this.#folderOf(id);
    } catch (error) {
      throw toDiskError(error, this.#runs);
    }
    if (folder === undefined) throw folderWithLink();
    return folder;
  }
}

const pathOf = ({ kind, digest }: PublishedFileId): string => publishedFilePath(kind, digest);

const digestIn = (name: string): string => name.slice(0, 64);

/** Resolves with the size of a file, divided by the number of runs that share it by hard links; 0 if it is no regular file. */
export async function ownedBytes(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? found.size / found.nlink : 0;
}

/** Returns whether no gateway has written to an unfinished file for longer than a request may take. */
async function isAbandoned(path: string): Promise<boolean> {
  const { mtimeMs } = (await lstat(path).catch(() => undefined)) ?? { mtimeMs: Date.now() };
  return Date.now() - mtimeMs > abandonedAfterMs;
}

/** The content of a file that is being received, and where it is written. */
interface Reception {
  content: AsyncIterable<Buffer>;
  path: string;
  /** Called with the bytes received so far, before the newest of them are written. Rejects if they are too many. */
  reserve: (bytes: number) => Promise<void>;
}

/** Receives a file, and resolves with its size. */
async function receive({ digest }: PublishedFileId, { content, path, reserve }: Reception): Promise<number> {
  const temporary = `${path}.${randomUUID()}.partial`;
  const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644).catch((error) => {
    throw toDiskError(error, temporary);
  });
  try {
    let bytes: number;
    try {
      bytes = await copyChecked(content, file, { reserve, digest });
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return bytes;
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw toDiskError(error, temporary);
  }
}

async function copyChecked(
  content: AsyncIterable<Buffer>,
  file: FileHandle,
  { reserve, digest }: Pick<Reception, 'reserve'> & { digest: string },
): Promise<number> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    await reserve(bytes);
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  const found = hash.digest('hex');
  if (found !== digest)
    throw new MonitorError(
      'file.invalid',
      `expected content with the SHA-256 ${digest}, got ${bytes} bytes with ${found}: send the file again`,
    );
  await file.sync();
  return bytes;
}

/** Makes the error for a file above the limit of its kind. */
export const tooLarge = (maxBytes: number): MonitorError =>
  new MonitorError('file.too_large', `expected a file of at most ${maxBytes} bytes, got more`);
