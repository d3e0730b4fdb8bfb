import type { Socket } from 'node:net';

/** Returns the bytes that have left this process over a connection: the number grows while the other side reads. */
export const sentBytes = (stream: Socket): number => stream.bytesWritten - stream.writableLength;

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
