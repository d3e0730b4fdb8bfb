import type { CloseName } from '@mnist-monitor/shared';
import type { Peer } from '../../src/sockets/peer.ts';
import type { Message } from './connection.ts';

/** A peer that keeps what is sent to it, and whose socket is as fast as the test says. */
export class FakePeer implements Peer {
  readonly messages: Message[] = [];
  readonly #gone = new AbortController();
  closedWith: CloseName | undefined;
  bufferedBytes = 0;
  paused = false;
  /** Resolves when what was written has left. */
  drain: () => Promise<void> = async () => {};

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  send(message: string | Buffer): void {
    if (!this.gone.aborted) this.messages.push(JSON.parse(String(message)));
  }

  write(message: string | Buffer): Promise<void> {
    this.send(message);
    return this.drain();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(name: CloseName): void {
    this.closedWith ??= name;
    this.#gone.abort();
  }

  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }
}
