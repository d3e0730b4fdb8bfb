import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { unwritable } from './run-folder.ts';

/** A file that grows by whole records: a record that cannot be written completely is removed again. */
export class AppendFile {
  readonly path: string;
  readonly #file: number;
  #bytes: number;

  /** Opens the file, or creates it. */
  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a+');
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Size of the file. */
  get bytes(): number {
    return this.#bytes;
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

  /** Fills the buffer from a byte position on. @returns The number of bytes read, 0 at the end of the file. */
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
