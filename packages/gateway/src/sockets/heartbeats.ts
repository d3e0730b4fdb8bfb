import { encode, type LiveControl } from '@mnist-monitor/shared';
import { frameText } from './frames.ts';

/** A connection that gets heartbeats. */
export interface HeartbeatTarget {
  /** Checks of `Heartbeats` since the last message; the sender of a message sets it to 0. */
  checksSinceMessage: number;
  sendHeartbeat(frame: Buffer): void;
}

/** The number of checks within an interval: a heartbeat is sent after 4/5 to 1 interval without a message. */
const checksPerInterval = 5;

/**
 * Sends a heartbeat to each connection on which nothing was sent for an interval. One timer serves all connections: a
 * timer for each would have to be refreshed by each message to each viewer.
 */
export class Heartbeats {
  readonly #checkMs: number;
  readonly #targets = new Set<HeartbeatTarget>();
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number) {
    this.#checkMs = intervalMs / checksPerInterval;
  }

  /** Adds a connection. Returns the function that removes it. */
  add(target: HeartbeatTarget): () => void {
    this.#targets.add(target);
    this.#timer ??= setInterval(() => this.#check(), this.#checkMs);
    return () => this.#remove(target);
  }

  #remove(target: HeartbeatTarget): void {
    this.#targets.delete(target);
    if (this.#targets.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    let frame: Buffer | undefined;
    for (const target of this.#targets) {
      target.checksSinceMessage++;
      if (target.checksSinceMessage < checksPerInterval) continue;
      target.checksSinceMessage = 0;
      frame ??= heartbeatFrame();
      target.sendHeartbeat(frame);
    }
  }
}

function heartbeatFrame(): Buffer {
  const message: LiveControl = { type: 'heartbeat', time: new Date().toISOString() };
  return frameText(encode(message));
}
