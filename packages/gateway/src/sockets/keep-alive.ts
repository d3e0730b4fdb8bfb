import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Limits } from '../limits.ts';
import { sentBytes } from './sent-bytes.ts';

/**
 * Pings a socket as long as it is open, and cuts it when no pong comes in time: with a reset, since the system would
 * otherwise keep what the other end does not read, megabytes of it.
 */
export function keepAlive(
  socket: WebSocket,
  stream: Socket,
  { pingIntervalMs, pongTimeoutMs }: Pick<Limits, 'pingIntervalMs' | 'pongTimeoutMs'>,
): void {
  let deadline: NodeJS.Timeout | undefined;
  /**
   * One that reads slowly comes to the ping after all that was sent before: it is waited for as long as it reads. So is
   * one that we do not read from.
   */
  const expectPong = (departed: number): void => {
    deadline = setTimeout(() => {
      const now = sentBytes(stream);
      if (socket.isPaused || (stream.writableLength > 0 && now > departed)) expectPong(now);
      else stream.resetAndDestroy();
    }, pongTimeoutMs);
  };
  const interval = setInterval(() => {
    // A socket that we do not read from, since its events wait for the disk, cannot answer.
    if (socket.readyState !== socket.OPEN || socket.isPaused || deadline) return;
    socket.ping();
    expectPong(sentBytes(stream));
  }, pingIntervalMs);

  const alive = (): void => {
    clearTimeout(deadline);
    deadline = undefined;
  };
  socket.on('pong', alive);
  socket.on('message', alive);
  socket.on('close', () => {
    clearInterval(interval);
    alive();
  });
}
