import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { toDiskError } from './disk-errors.ts';
import { databasePath } from './sqlite-file.ts';

/** The size of the reserve: enough to remove a run and shrink the file, which both need space before they free any. */
const reserveBytes = 16 * 1024 * 1024;
const blockBytes = 1024 * 1024;

/** Returns whether less than 1 MB is free on the disk; false when that cannot be determined. */
export function isDiskFull(folder: string): boolean {
  try {
    return freeBytes(folder) < blockBytes;
  } catch {
    return false;
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/**
 * A file beside the database that reserves space, so that runs can be removed when the disk is full. The file is deleted
 * for the removal, and written again before new events are accepted.
 */
export class DiskReserve {
  readonly #folder: string;
  readonly #path: string;
  /** The size to restore, after the file was released; undefined otherwise. */
  #releasedBytes: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = `${databasePath(folder)}-reserve`;
  }

  /** Writes the file if it does not exist and the disk has room: 16 MB, or half of the free space if that is less. */
  ensure(): void {
    if (this.#bytes() > 0) return;
    try {
      this.#write(Math.min(reserveBytes, Math.floor(freeBytes(this.#folder) / 2)));
    } catch {
      // The store works without the file; the next write to the database reports a failing disk.
    }
  }

  /** Deletes the file. Returns false when there is none. */
  release(): boolean {
    const bytes = this.#bytes();
    if (bytes === 0) return false;
    rmSync(this.#path, { force: true });
    this.#releasedBytes = bytes;
    return true;
  }

  /**
   * Writes a released file again.
   * @throws MonitorError `store.full` while there is no room for it.
   */
  restore(): void {
    if (this.#releasedBytes === undefined) return;
    try {
      this.#write(this.#releasedBytes);
    } catch (error) {
      throw toDiskError(error, `the runs folder ${this.#folder}`);
    }
    this.#releasedBytes = undefined;
  }

  #bytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Writes random bytes, which a file system cannot compress. Removes the file when there is no room for all. */
  #write(bytes: number): void {
    const block = randomFillSync(Buffer.alloc(blockBytes));
    const file = openSync(this.#path, 'w');
    let isComplete = false;
    try {
      for (let written = 0; written < bytes; )
        written += writeSync(file, block, 0, Math.min(blockBytes, bytes - written));
      isComplete = true;
    } finally {
      closeSync(file);
      if (!isComplete) rmSync(this.#path, { force: true });
    }
  }
}
