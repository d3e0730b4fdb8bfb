import type { Socket } from 'node:net';

/** Returns the bytes that have left this process over a connection: the number grows while the other side reads. */
export const sentBytes = (stream: Socket): number => stream.bytesWritten - stream.writableLength;

/**
 * Resolves with true when everything written is sent or the connection is closed, or at once if the buffer has not reached the
 * stream's `highWaterMark` since it was last empty; with false when no byte was sent for `stallMs` (or up to twice that, as
 * it is checked at that interval).
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
