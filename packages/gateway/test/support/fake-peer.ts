import type { CloseCodeName } from '@mnist-monitor/shared';
import { Listeners } from '../../src/listeners.ts';
import type { Peer } from '../../src/sockets/peer.ts';
import type { Message } from './connection.ts';
import { unframe } from './frames.ts';

/** A peer that records what is sent to it. Tests set how fast its client reads. */
export class FakePeer implements Peer {
  readonly messages: Message[] = [];
  readonly #closeListeners = new Listeners();
  readonly address = '127.0.0.1';
  isClosed = false;
  closedWith: CloseCodeName | undefined;
  /** The reason of the close, if it is another one than the meaning of the code. */
  closeDetail: string | undefined;
  bufferedBytes = 0;
  paused = false;
  /** Every buffer that was sent. */
  readonly writes: Buffer[] = [];
  /** By default the client reads everything at once. */
  drained: (stallMs: number) => Promise<boolean> = async () => {
    this.bufferedBytes = 0;
    return true;
  };

  onClose(listener: () => void): () => void {
    return this.#closeListeners.add(listener);
  }

  send(message: string): void {
    if (!this.isClosed) this.messages.push(JSON.parse(message));
  }

  sendFrames(frames: Buffer): void {
    if (this.isClosed || frames.length === 0) return;
    this.writes.push(frames);
    for (const text of unframe(frames)) this.send(text);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(name: CloseCodeName, detail?: string): void {
    if (this.isClosed) return;
    this.closedWith = name;
    this.closeDetail = detail;
    this.isClosed = true;
    this.#closeListeners.emit();
  }

  cut(name: CloseCodeName, detail?: string): void {
    this.close(name, detail);
  }

  messagesOf(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }
}
