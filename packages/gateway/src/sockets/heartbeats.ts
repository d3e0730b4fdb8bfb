import { encode, type LiveControl } from '@mnist-monitor/shared';
import { frameText } from './frames.ts';
import { SharedInterval } from './shared-interval.ts';

/** A connection that gets heartbeats. */
export interface HeartbeatTarget {
  /** Checks of `Heartbeats` since the last message; the sender of a message sets it to 0. */
  checksSinceMessage: number;
  sendHeartbeat(frame: Buffer): void;
}

/** The number of checks within an interval: a heartbeat is sent after 4/5 to 1 interval without a message. */
const checksPerInterval = 5;

/** Sends a heartbeat to each connection on which nothing was sent for an interval. */
export class Heartbeats extends SharedInterval<HeartbeatTarget> {
  constructor(intervalMs: number) {
    super(intervalMs / checksPerInterval, sendHeartbeats);
  }
}

function sendHeartbeats(targets: ReadonlySet<HeartbeatTarget>): void {
  let frame: Buffer | undefined;
  for (const target of targets) {
    target.checksSinceMessage++;
    if (target.checksSinceMessage < checksPerInterval) continue;
    target.checksSinceMessage = 0;
    frame ??= heartbeatFrame();
    target.sendHeartbeat(frame);
  }
}

function heartbeatFrame(): Buffer {
  const message: LiveControl = { type: 'heartbeat', time: new Date().toISOString() };
  return frameText(encode(message));
}
