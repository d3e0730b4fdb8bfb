import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { LiveQuery, ProtocolVersion } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { Peer } from '../sockets/peer.ts';
import type { Traffic } from '../sockets/traffic.ts';
import type { Store } from '../store/store.ts';
import type { Channel } from './channel.ts';
import { Cursor } from './cursor.ts';
import { History } from './history.ts';
import type { Hub } from './hub.ts';
import { Throttle } from './throttle.ts';
import { batchType, everyType, setOf, type TypeSet, version1Types } from './type-set.ts';

/** The viewer of a stream. */
export interface StreamViewer {
  peer: Peer;
  /** The version of the protocol that the viewer can read. */
  version: ProtocolVersion;
  query: Pick<LiveQuery, 'types' | 'maxRate' | 'complete' | 'bundle'>;
}

export interface StreamStart {
  channel: Channel;
  /** The viewer has every event up to this seq. */
  after: number;
}

/** What the streams of all viewers share. It is not copied for each: that would take a kilobyte. */
export interface StreamContext {
  store: Store;
  hub: Pick<Hub, 'verify'>;
  /** The traffic of all viewers together. */
  traffic: Pick<Traffic, 'unreadBytes'>;
  limits: Limits;
}

/** How often to check whether the unread bytes of all viewers have fallen below their limit. */
const roomCheckMs = 50;

/** Sends one run to one viewer, no faster than it reads: first the history, then events as they are published. */
export class ViewerStream {
  readonly #context: StreamContext;
  readonly #peer: Peer;
  readonly #channel: Channel;
  readonly #version: ProtocolVersion;
  readonly #isComplete: boolean;
  readonly #cursor: Cursor;
  readonly #history: History;
  readonly #types: TypeSet;
  /** The highest number of `batch` events a second; undefined for no limit. */
  readonly #maxRate: number | undefined;
  /** The last seq when the stream began. Nothing up to it is skipped, even for a slow viewer. */
  readonly #initialSeq: number;

  constructor(
    { peer, version, query }: StreamViewer,
    { channel, after }: StreamStart,
    context: StreamContext,
  ) {
    const { store, limits } = context;
    this.#context = context;
    this.#peer = peer;
    this.#isComplete = query.complete;
    this.#channel = channel;
    this.#version = version;
    const requested = query.types ? setOf(query.types) : everyType;
    this.#types = version === 1 ? requested & version1Types : requested;
    this.#maxRate = this.#types & batchType ? query.maxRate : undefined;
    this.#initialSeq = channel.lastSeq;
    this.#history = new History({ store, channel, limits });
    this.#cursor = new Cursor({
      ...{ channel, after, types: this.#types, bundleBytes: query.bundle ? limits.bundleBytes : undefined },
      reportsGaps: this.#maxRate === undefined,
    });
  }

  /** The stream id of the run; undefined while the run has no events. */
  get id(): string | undefined {
    return this.#channel.stream;
  }

  /** Every selected event up to this seq was sent or skipped. */
  get seq(): number {
    return this.#cursor.seq;
  }

  get isBehind(): boolean {
    return this.#cursor.isBehind;
  }

  /** The last published seq of the run. */
  get lastSeq(): number {
    return this.#channel.lastSeq;
  }

  /** Whether the run was removed or has another stream. */
  get isRemoved(): boolean {
    return this.#channel.isRemoved;
  }

  /** Whether the viewer has every event that fits its version of the protocol, and later events need a newer version. */
  get needsUpgrade(): boolean {
    return this.#channel.version > this.#version && this.#cursor.seq >= this.#lastFittingSeq;
  }

  /** The last published seq up to which every event fits the viewer's version of the protocol. */
  get #lastFittingSeq(): number {
    return this.#channel.lastSeqOf(this.#version);
  }

  /** Sends the next events, from memory or else from the store, when the viewer has read enough of the earlier ones. */
  async sendNext(): Promise<void> {
    const { hub } = this.#context;
    const peer = this.#peer;
    const channel = this.#channel;
    const cursor = this.#cursor;
    await this.#waitForRoom();
    if (peer.isClosed) return;
    if (this.#isFarBehind) cursor.skipStaleBatches();
    const { selection } = cursor;
    const end = channel.version > this.#version ? this.#lastFittingSeq : undefined;
    const chunk = channel.read(selection) ?? (await this.#history.read(selection, end));
    if (chunk.isReplaced) return hub.verify(channel.runId);
    // `History.read` raises the channel's version if the store has events of a newer one: the next call reads those that fit.
    if (chunk.through > this.#lastFittingSeq && channel.version > this.#version) return;
    // A store never returns the events that it has lost, so the viewer skips them and waits for the next ones.
    const isMissing = chunk.through <= selection.after && !channel.isRemoved;
    peer.sendFrames(isMissing ? cursor.skipMissing() : cursor.advance(chunk));
    await nextTurn();
  }

  /**
   * Sends events when they are published. Returns the function that ends the sending.
   * @param onEnd Called when the viewer has to catch up first, when the run was removed, or when it needs a newer
   * version of the protocol.
   */
  goLive(onEnd: () => void): () => void {
    return this.#maxRate === undefined ? this.#sendAll(onEnd) : this.#sendThrottled(this.#maxRate, onEnd);
  }

  #sendAll(onEnd: () => void): () => void {
    const peer = this.#peer;
    return this.#channel.subscribe({
      onEvents: (events) => {
        const isSendable = this.#hasRoom && events.last <= this.#lastFittingSeq;
        const frames = isSendable ? this.#cursor.passLive(events) : undefined;
        if (frames) peer.sendFrames(frames);
        else onEnd();
      },
      onRemoved: onEnd,
    });
  }

  #sendThrottled(maxRate: number, onEnd: () => void): () => void {
    const peer = this.#peer;
    const channel = this.#channel;
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
      onEvents: (events) => {
        if (events.last > this.#lastFittingSeq) {
          if (unsent) peer.sendFrames(unsent);
          unsent = undefined;
          this.#cursor.moveTo(this.#lastFittingSeq);
          return onEnd();
        }
        if (!(events.types & this.#types)) return;
        const { frames, beginsWithBatch } = events.newest(this.#types);
        // All other types are sent at once, so only a `batch` event is ever unsent. It is dropped when a newer one follows it.
        unsent = unsent && !beginsWithBatch ? Buffer.concat([unsent, frames]) : frames;
        if (events.types & this.#types & ~batchType) throttle.callNow();
        else throttle.request();
      },
      onRemoved: onEnd,
    });
    return () => {
      unsubscribe();
      throttle.cancel();
    };
  }

  /**
   * Whether to skip older `batch` events: more than `staleEvents` are unsent, everything up to `#initialSeq` was sent,
   * and the viewer did not request all events.
   */
  get #isFarBehind(): boolean {
    const unsent = this.lastSeq - this.seq;
    return !this.#isComplete && this.seq >= this.#initialSeq && unsent > this.#context.limits.staleEvents;
  }

  get #hasRoom(): boolean {
    const unread = this.#peer.bufferedBytes;
    if (unread === 0) return true;
    const { traffic, limits } = this.#context;
    return unread < limits.unreadBytes && traffic.unreadBytes < limits.allUnreadBytes;
  }

  /** Waits until this viewer, and all viewers together, have read enough. Closes a viewer that does not read. */
  async #waitForRoom(): Promise<void> {
    const { traffic, limits } = this.#context;
    const peer = this.#peer;
    if (peer.bufferedBytes >= limits.unreadBytes && !(await peer.drained(limits.stallTimeoutMs)))
      peer.close('slow');
    while (!peer.isClosed && traffic.unreadBytes >= limits.allUnreadBytes) await delay(roomCheckMs);
  }
}
