import type { CloseCodeName } from '@mnist-monitor/shared';

/** The other end of a connection, as followers and publishers' sessions see it: no word of ws. */
export interface Peer {
  /** Sends a text message; does nothing once the connection is gone. */
  send(message: string): void;
  /** Sends messages that are framed already (`frames.ts`), in one write. */
  sendFrames(frames: Buffer): void;
  /** What was sent and has not left this process. */
  readonly bufferedBytes: number;
  /** Resolves with true when all that has left, or the connection is gone; with false when none has for so long. */
  drained(stallMs: number): Promise<boolean>;
  /** Stops and goes on reading: what the other end sends meanwhile waits there. */
  pause(): void;
  resume(): void;
  /** Ends the connection with a named code; `detail` says more than the code's meaning. */
  close(name: CloseCodeName, detail?: string): void;
  /** Aborted as soon as the connection is gone or told to close. */
  readonly closed: AbortSignal;
}
