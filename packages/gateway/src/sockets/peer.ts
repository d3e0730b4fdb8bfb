import type { CloseCodeName } from '@mnist-monitor/shared';

/** A connected client, independent of the WebSocket library. */
export interface Peer {
  /** The address of the client, for the log. */
  readonly address: string;
  /** Sends a text message; does nothing when the connection is closed. */
  send(message: string): void;
  /** Sends messages that are already framed (`frames.ts`) in one write. */
  sendFrames(frames: Buffer): void;
  /** The bytes sent that are still in this process. */
  readonly bufferedBytes: number;
  /**
   * Waits until everything buffered is sent or the connection is closed, and resolves with true. Resolves with false if no byte
   * is sent for `stallMs`. Does not wait while the buffer accepts more data: it then resolves with true at once.
   */
  drained(stallMs: number): Promise<boolean>;
  /** Stops reading; further messages wait at the client until `resume`. */
  pause(): void;
  resume(): void;
  /** Closes the connection with a named code. `detail` replaces the code's meaning as the reason. */
  close(name: CloseCodeName, detail?: string): void;
  /** Closes the connection like `close`, without waiting for the client's answer. */
  cut(name: CloseCodeName, detail?: string): void;
  /** Whether the connection is closed or `close` was called. */
  readonly isClosed: boolean;
  /** Calls back, once and synchronously, as soon as `isClosed` is true. Returns the function that removes the listener. */
  onClose(listener: () => void): () => void;
}
