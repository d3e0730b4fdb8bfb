import { encode, type LiveControl } from '@mnist-monitor/shared';
import type { Peer } from './peer.ts';

/** A peer that says `heartbeat` whenever nothing was sent to it for so long, and it has read what was. */
export function withHeartbeat(peer: Peer, heartbeatMs: number): Peer {
  const beat = (): void => {
    const message: LiveControl = { type: 'heartbeat', time: new Date().toISOString() };
    if (peer.bufferedBytes === 0) peer.send(encode(message));
    timer.refresh();
  };
  const timer = setTimeout(beat, heartbeatMs);
  peer.closed.addEventListener('abort', () => clearTimeout(timer));
  return {
    send(message) {
      peer.send(message);
      if (!peer.closed.aborted) timer.refresh();
    },
    sendFrames(frames) {
      peer.sendFrames(frames);
      // Of what is published nothing may be for this viewer: that is silence.
      if (frames.length > 0 && !peer.closed.aborted) timer.refresh();
    },
    drained: (stallMs) => peer.drained(stallMs),
    get bufferedBytes() {
      return peer.bufferedBytes;
    },
    pause: () => peer.pause(),
    resume: () => peer.resume(),
    close: (name, detail) => peer.close(name, detail),
    closed: peer.closed,
  };
}
