import { closeSync, constants, fstatSync, ftruncateSync, readSync, statSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { openRegularFile } from './regular-file.ts';
import { unwritable } from './run-folder.ts';

const { O_APPEND, O_CREAT, O_RDWR } = constants;

/** A file that grows by whole records: a record that cannot be written completely is removed again. */
export class AppendFile {
  readonly path: string;
  readonly #file: number;
  #bytes: number;

  /** Opens the file, or creates it. @throws MonitorError `runs.unwritable` */
  constructor(path: string) {
    this.path = path;
    try {
      this.#file = openRegularFile(dirname(path), basename(path), O_RDWR | O_CREAT | O_APPEND);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Size of the file in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether `path` is still the path of the opened file, and no record was cut off. */
  get isInPlace(): boolean {
    const own = fstatSync(this.#file);
    const found = statSync(this.path, { throwIfNoEntry: false });
    return found?.ino === own.ino && found.dev === own.dev && found.size >= this.#bytes;
  }

  /** Appends a record. @throws MonitorError `runs.unwritable`; the file is then as long as before. */
  append(record: Uint8Array): void {
    try {
      for (let written = 0; written < record.length; ) written += writeSync(this.#file, record, written);
    } catch (cause) {
      ftruncateSync(this.#file, this.#bytes);
      throw unwritable(this.path, cause);
    }
    this.#bytes += record.length;
  }

  /** Reads from a byte position into the buffer. @returns The number of bytes read, 0 at the end of the file. */
  read(buffer: Buffer, position: number): number {
    return readSync(this.#file, buffer, 0, buffer.length, position);
  }

  /** Shortens the file to at most `bytes`. */
  truncate(bytes: number): void {
    if (this.#bytes > bytes) ftruncateSync(this.#file, bytes);
    this.#bytes = Math.min(this.#bytes, bytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}
