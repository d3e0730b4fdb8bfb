import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { unwritable } from './run-folder.ts';

/** A file that grows by whole pieces: when one cannot be written whole, nothing of it stays. */
export class AppendFile {
  readonly path: string;
  readonly #file: number;
  #bytes: number;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a+');
    this.#bytes = fstatSync(this.#file).size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws MonitorError `runs.unwritable`, with what was written of the piece taken away. */
  append(piece: Uint8Array): void {
    try {
      for (let written = 0; written < piece.length; ) written += writeSync(this.#file, piece, written);
    } catch (cause) {
      ftruncateSync(this.#file, this.#bytes);
      throw unwritable(this.path, cause);
    }
    this.#bytes += piece.length;
  }

  /** Fills the buffer from a position on. @returns How many bytes there were. */
  read(buffer: Buffer, position: number): number {
    return readSync(this.#file, buffer, 0, buffer.length, position);
  }

  /** Takes away what follows so many bytes, if anything does. */
  cutTo(bytes: number): void {
    if (this.#bytes > bytes) ftruncateSync(this.#file, bytes);
    this.#bytes = Math.min(this.#bytes, bytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}
