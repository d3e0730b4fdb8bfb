import type { Limits } from '../limits.ts';
import { SharedInterval } from './shared-interval.ts';

/** A connection that is pinged, and reset when no pong arrives in time. */
export interface KeepAliveTarget {
  /** Checks of `KeepAlive` since the last ping, or since the wait for its pong was extended. */
  checksSincePing: number;
  /**
   * `sentBytes` of the connection when the wait for a pong began; undefined while none is expected. A received message counts as a
   * pong.
   */
  sentAtPing: number | undefined;
  /** The bytes that have left this process. */
  readonly sentBytes: number;
  /** Whether sent bytes are still in this process. */
  readonly hasUnsentBytes: boolean;
  /** Whether this side has stopped reading, and so cannot receive a pong. */
  readonly isPaused: boolean;
  /** Sends a ping, unless the connection is closing. */
  sendPing(): void;
  /** Ends the connection with a reset: otherwise the system would keep the megabytes that the other side does not read. */
  reset(): void;
}

/** The number of checks in a ping interval. With fewer, more of the clients that connect at once would be pinged at once. */
const checksPerPing = 40;

/**
 * Pings connections, which keeps idle ones open through proxies, and resets those that do not answer in time. So is one that its client has
 * ended: nothing else limits how long it waits until what was sent before is read.
 */
export class KeepAlive extends SharedInterval<KeepAliveTarget> {
  constructor({ pingIntervalMs, pongTimeoutMs }: Pick<Limits, 'pingIntervalMs' | 'pongTimeoutMs'>) {
    const checkMs = Math.max(1, pingIntervalMs / checksPerPing);
    const pingChecks = Math.ceil(pingIntervalMs / checkMs);
    const pongChecks = Math.ceil(pongTimeoutMs / checkMs);
    super(checkMs, (targets) => {
      for (const target of targets) {
        target.checksSincePing++;
        if (target.sentAtPing !== undefined) {
          if (target.checksSincePing >= pongChecks) checkPong(target, target.sentAtPing);
        } else if (target.checksSincePing >= pingChecks) ping(target);
      }
    });
  }
}

function ping(target: KeepAliveTarget): void {
  target.checksSincePing = 0;
  // A socket that is paused, as its events wait for the disk, cannot deliver a pong.
  if (target.isPaused) return;
  target.sendPing();
  target.sentAtPing = target.sentBytes;
}

/**
 * Handles a pong that is late. Waits again while a slow client still reads what was sent before the ping, and while this side has
 * paused the socket.
 */
function checkPong(target: KeepAliveTarget, sentAtPing: number): void {
  const { sentBytes } = target;
  if (!target.isPaused && !(target.hasUnsentBytes && sentBytes > sentAtPing)) return target.reset();
  target.checksSincePing = 0;
  target.sentAtPing = sentBytes;
}
