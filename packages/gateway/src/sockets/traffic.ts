import type { Socket } from 'node:net';

/** Adding up 5,000 connections takes a tenth of a millisecond: not to be done for each message. */
const recountMs = 50;

/** What goes over a group of connections, all together. */
export class Traffic {
  readonly #streams = new Set<Socket>();
  readonly #ended = { received: 0, sent: 0 };
  #unread = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  /** Counts a connection as long as it is there, and remembers what went over it. */
  add(stream: Socket): void {
    this.#streams.add(stream);
    stream.on('close', () => {
      this.#streams.delete(stream);
      this.#ended.received += stream.bytesRead;
      this.#ended.sent += stream.bytesWritten;
    });
  }

  get connections(): number {
    return this.#streams.size;
  }

  /** What was written and has not left this process, as it was at most 50 ms ago. */
  get unreadBytes(): number {
    const now = performance.now();
    if (now - this.#countedAt > recountMs) {
      this.#countedAt = now;
      this.#unread = this.#sum(({ writableLength }) => writableLength);
    }
    return this.#unread;
  }

  get receivedBytes(): number {
    return this.#ended.received + this.#sum(({ bytesRead }) => bytesRead);
  }

  get sentBytes(): number {
    return this.#ended.sent + this.#sum(({ bytesWritten, writableLength }) => bytesWritten - writableLength);
  }

  #sum(of: (stream: Socket) => number): number {
    let sum = 0;
    for (const stream of this.#streams) sum += of(stream);
    return sum;
  }
}
