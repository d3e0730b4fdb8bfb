import type { Socket } from 'node:net';

/** The time for which a sum stays valid: adding up 5,000 connections takes 0.1 ms, too long for each message. */
const recountMs = 50;

/** The traffic of a group of connections together. */
export class Traffic {
  readonly #streams = new Set<Socket>();
  readonly #ended = { received: 0, sent: 0 };
  #unread = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  /** The listener for the end of each connection: with `this`, one function is enough for all. */
  readonly #remove: (this: Socket) => void;

  constructor() {
    const streams = this.#streams;
    const ended = this.#ended;
    this.#remove = function () {
      streams.delete(this);
      ended.received += this.bytesRead;
      ended.sent += this.bytesWritten;
    };
  }

  /** Adds a connection, which counts until it closes; its bytes count for ever. */
  add(stream: Socket): void {
    this.#streams.add(stream);
    stream.on('close', this.#remove);
  }

  get connections(): number {
    return this.#streams.size;
  }

  /** The bytes written that are still in this process, at most 50 ms old. */
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
