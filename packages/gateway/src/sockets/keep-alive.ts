import type { WebSocket } from 'ws';
import type { Limits } from '../limits.ts';

/** Pings a socket as long as it is open, and cuts it when no pong comes in time. */
export function keepAlive(
  socket: WebSocket,
  { pingIntervalMs, pongTimeoutMs }: Pick<Limits, 'pingIntervalMs' | 'pongTimeoutMs'>,
): void {
  let deadline: NodeJS.Timeout | undefined;
  const interval = setInterval(() => {
    // A socket that we do not read from, since its events wait for the disk, cannot answer.
    if (socket.readyState !== socket.OPEN || socket.isPaused) return;
    socket.ping();
    deadline ??= setTimeout(() => socket.terminate(), pongTimeoutMs);
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
