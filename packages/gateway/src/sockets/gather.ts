import type { Socket } from 'node:net';

const corked = new Set<Socket>();

function release(): void {
  for (const stream of corked) stream.uncork();
  corked.clear();
}

/**
 * Holds back what is written to a connection until the end of this turn of the event loop, when it leaves as one
 * write. The busier the process, the more there is to merge; an idle one waits for nothing.
 */
export function gather(stream: Socket): void {
  if (corked.has(stream)) return;
  if (corked.size === 0) setImmediate(release);
  corked.add(stream);
  stream.cork();
}
