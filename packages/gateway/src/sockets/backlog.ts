import type { Socket } from 'node:net';

/** Adding up 5,000 connections takes a tenth of a millisecond: not to be done for each message. */
const recountMs = 50;

/** What was written to a group of connections and has not left this process, all together. */
export class Backlog {
  readonly #streams = new Set<Socket>();
  #bytes = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  /** Counts a connection as long as it is there. */
  add(stream: Socket): void {
    this.#streams.add(stream);
    stream.on('close', () => this.#streams.delete(stream));
  }

  /** As it was at most 50 ms ago. */
  get bytes(): number {
    const now = performance.now();
    if (now - this.#countedAt > recountMs) {
      this.#countedAt = now;
      this.#bytes = 0;
      for (const { writableLength } of this.#streams) this.#bytes += writableLength;
    }
    return this.#bytes;
  }

  get connections(): number {
    return this.#streams.size;
  }
}
