import type { Socket } from 'node:net';

/** How many bytes have left this process on a connection: grows as long as the other end reads. */
export const sentBytes = (stream: Socket): number => stream.bytesWritten - stream.writableLength;

/**
 * Resolves with true when everything written has left, or the connection is gone; with false when nothing has left
 * for `stallMs` (up to twice that, since it is looked at once in so long).
 */
export function drained(stream: Socket, stallMs: number): Promise<boolean> {
  if (!stream.writableNeedDrain) return Promise.resolve(true);
  return new Promise((resolve) => {
    let departed = sentBytes(stream);
    const finish = (result: boolean): void => {
      clearInterval(timer);
      stream.off('drain', succeed);
      stream.off('close', succeed);
      resolve(result);
    };
    const succeed = (): void => finish(true);
    const timer = setInterval(() => {
      const before = departed;
      departed = sentBytes(stream);
      if (departed === before) finish(false);
    }, stallMs);
    stream.on('drain', succeed);
    stream.on('close', succeed);
  });
}
