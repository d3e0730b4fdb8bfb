import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Limits } from '../limits.ts';
import { sentBytes } from './sent-bytes.ts';

/**
 * Pings an open socket, and cuts it when no pong comes in time: with a reset, since otherwise the system would keep the
 * megabytes that the other side does not read.
 */
export function keepAlive(
  socket: WebSocket,
  stream: Socket,
  { pingIntervalMs, pongTimeoutMs }: Pick<Limits, 'pingIntervalMs' | 'pongTimeoutMs'>,
): void {
  let deadline: NodeJS.Timeout | undefined;
  /**
   * Waits for a pong. Waits again while a slow client still reads what was sent before the ping, and while this side has
   * paused the socket, because it could not receive the pong.
   * @param sent Value of `sentBytes` when the wait began.
   */
  const expectPong = (sent: number): void => {
    deadline = setTimeout(() => {
      const sentNow = sentBytes(stream);
      if (socket.isPaused || (stream.writableLength > 0 && sentNow > sent)) expectPong(sentNow);
      else stream.resetAndDestroy();
    }, pongTimeoutMs);
  };
  const interval = setInterval(() => {
    // A socket that is paused, as its events wait for the disk, cannot deliver a pong.
    if (socket.readyState !== socket.OPEN || socket.isPaused || deadline) return;
    socket.ping();
    expectPong(sentBytes(stream));
  }, pingIntervalMs);

  const cancelDeadline = (): void => {
    clearTimeout(deadline);
    deadline = undefined;
  };
  socket.on('pong', cancelDeadline);
  socket.on('message', cancelDeadline);
  socket.on('close', () => {
    clearInterval(interval);
    cancelDeadline();
  });
}
