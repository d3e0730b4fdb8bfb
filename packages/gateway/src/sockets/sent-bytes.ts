import type { Socket } from 'node:net';

/** The part of Node's own handle of a connection that counts bytes, also those of a write that has not ended. */
interface ByteCounts {
  /** The bytes given to the system, or waiting in libuv. */
  bytesWritten: number;
  /** The bytes that wait in libuv. */
  writeQueueSize: number;
}

/**
 * Returns the bytes that have left this process over a connection: the number grows while the other side reads. It is read from
 * Node's handle, as the time limit of `net.Socket` does: the public counters change only when a whole write has ended, and a
 * slow client needs longer for one of 256 kB than it may be silent.
 */
export function sentBytes(stream: Socket): number {
  const { _handle: handle } = stream as unknown as { _handle?: ByteCounts | null };
  return handle ? handle.bytesWritten - handle.writeQueueSize : stream.bytesWritten - stream.writableLength;
}

/**
 * Waits until everything written is sent or the connection is closed, and resolves with true. Resolves with false if no byte
 * is sent for `stallMs`, or for up to twice that, because it is checked at that interval. Does not wait while the stream accepts
 * more data (its `writableNeedDrain` is false): it then resolves with true at once.
 */
export function drained(stream: Socket, stallMs: number): Promise<boolean> {
  if (!stream.writableNeedDrain) return Promise.resolve(true);
  return new Promise((resolve) => {
    let sent = sentBytes(stream);
    const finish = (result: boolean): void => {
      clearInterval(timer);
      stream.off('drain', succeed);
      stream.off('close', succeed);
      resolve(result);
    };
    const succeed = (): void => finish(true);
    const timer = setInterval(() => {
      const before = sent;
      sent = sentBytes(stream);
      if (sent === before) finish(false);
    }, stallMs);
    stream.on('drain', succeed);
    stream.on('close', succeed);
  });
}
