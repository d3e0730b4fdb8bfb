import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { LiveQuery } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { Peer } from '../sockets/peer.ts';
import type { Traffic } from '../sockets/traffic.ts';
import type { Store } from '../store/store.ts';
import type { Channel } from './channel.ts';
import { Cursor } from './cursor.ts';
import { readHistory } from './history.ts';
import { Throttle } from './throttle.ts';
import { batchType, everyType, setOf, type TypeSet } from './type-set.ts';

export interface ViewerStreamOptions {
  peer: Peer;
  channel: Channel;
  /** Begins after this seq. */
  after: number;
  query: Pick<LiveQuery, 'types' | 'maxRate' | 'complete' | 'bundle'>;
  store: Store;
  /** What goes to all viewers together. */
  traffic: Pick<Traffic, 'unreadBytes'>;
  limits: Limits;
}

/** How often to look whether others have read, so that there is room for this one. */
const roomCheckMs = 50;

/** Brings one run to one viewer at the pace at which it reads: what there was first, and then what comes. */
export class ViewerStream {
  readonly #options: ViewerStreamOptions;
  readonly #cursor: Cursor;
  readonly #types: TypeSet;
  /** At most so many batches a second; undefined for all of them. */
  readonly #maxRate: number | undefined;
  /** What there was at the beginning: up to here all is sent, however long it takes. */
  readonly #initialSeq: number;

  constructor(options: ViewerStreamOptions) {
    const { channel, after, query } = options;
    this.#options = options;
    this.#types = query.types ? setOf(query.types) : everyType;
    this.#maxRate = this.#types & batchType ? query.maxRate : undefined;
    this.#initialSeq = channel.lastSeq;
    this.#cursor = new Cursor({
      ...{ channel, after, types: this.#types, bundles: query.bundle },
      reportsGaps: this.#maxRate === undefined,
    });
  }

  /** Everything wanted up to here was sent or skipped. */
  get seq(): number {
    return this.#cursor.seq;
  }

  get isBehind(): boolean {
    return this.#cursor.isBehind;
  }

  /** Sends what comes next, from memory or else from the store, as soon as there is room for it. */
  async sendNext(): Promise<void> {
    const { peer, channel, store, limits } = this.#options;
    const cursor = this.#cursor;
    await this.#waitForRoom();
    if (peer.closed.aborted) return;
    if (this.#isFarBehind) cursor.skipStaleBatches();
    const { selection: wanted } = cursor;
    const piece =
      channel.read(wanted) ?? (await readHistory({ store, runId: channel.runId, limits }, wanted));
    peer.sendFrames(cursor.advance(piece));
    await nextTurn();
  }

  /** Passes on what is published. Returns the undo. @param onEnd Something has to be sent first, or nothing more comes. */
  goLive(onEnd: () => void): () => void {
    return this.#maxRate === undefined ? this.#sendAll(onEnd) : this.#sendThrottled(this.#maxRate, onEnd);
  }

  #sendAll(onEnd: () => void): () => void {
    const { peer, channel } = this.#options;
    return channel.subscribe({
      onBatch: (block) => {
        const frames = this.#hasRoom ? this.#cursor.passLive(block) : undefined;
        if (frames) peer.sendFrames(frames);
        else onEnd();
      },
      onRemoved: onEnd,
    });
  }

  #sendThrottled(maxRate: number, onEnd: () => void): () => void {
    const { peer, channel } = this.#options;
    let unsent: Buffer | undefined;
    const send = (): void => {
      if (!this.#hasRoom) {
        this.#cursor.skipStaleBatches();
        return onEnd();
      }
      if (unsent) peer.sendFrames(unsent);
      unsent = undefined;
      this.#cursor.moveTo(channel.lastSeq);
    };
    const throttle = new Throttle(maxRate, send);
    const unsubscribe = channel.subscribe({
      onBatch: (block) => {
        if (!(block.types & this.#types)) return;
        const { frames, beginsWithBatch } = block.newest(this.#types);
        // What waits is a single batch: all else is sent at once.
        unsent = unsent && !beginsWithBatch ? Buffer.concat([unsent, frames]) : frames;
        if (block.types & this.#types & ~batchType) throttle.callNow();
        else throttle.request();
      },
      onRemoved: onEnd,
    });
    return () => {
      unsubscribe();
      throttle.cancel();
    };
  }

  /** Whether so much came meanwhile that the newest batch serves the viewer better than every one. */
  get #isFarBehind(): boolean {
    const { channel, query, limits } = this.#options;
    return !query.complete && this.seq >= this.#initialSeq && channel.lastSeq - this.seq > limits.staleEvents;
  }

  get #hasRoom(): boolean {
    const { peer, traffic, limits } = this.#options;
    const unread = peer.bufferedBytes;
    return unread === 0 || (unread < limits.unreadBytes && traffic.unreadBytes < limits.allUnreadBytes);
  }

  /** Waits until this viewer, and all of them together, have read enough. One that does not read is closed. */
  async #waitForRoom(): Promise<void> {
    const { peer, traffic, limits } = this.#options;
    if (peer.bufferedBytes >= limits.unreadBytes && !(await peer.drained(limits.stallTimeoutMs)))
      peer.close('slow');
    while (!peer.closed.aborted && traffic.unreadBytes >= limits.allUnreadBytes) await delay(roomCheckMs);
  }
}
