import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { LiveQuery, ProtocolVersion } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { Peer } from '../sockets/peer.ts';
import type { Traffic } from '../sockets/traffic.ts';
import type { Store } from '../store/store.ts';
import type { Channel, Subscriber } from './channel.ts';
import { Cursor } from './cursor.ts';
import type { Chunk, FrameBatch, Selection } from './frame-batch.ts';
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

/** The context that the streams of all viewers share. It is not copied for each: that would take a kilobyte. */
export interface StreamContext {
  store: Store;
  hub: Pick<Hub, 'verify'>;
  /** The traffic of all viewers together. */
  traffic: Pick<Traffic, 'unreadBytes'>;
  limits: Limits;
}

/** The session that a stream belongs to. */
export interface StreamOwner {
  /**
   * Called when live sending has to end: because the viewer has to catch up first, because the run was removed, or because it needs a
   * newer version of the protocol.
   */
  onStreamEnd(): void;
}

/** The time between two checks whether the unread bytes of all viewers have fallen below their limit. */
const roomCheckMs = 50;

/** Sends one run to one viewer, no faster than it reads: first the history, then events as they are published. */
export class ViewerStream implements Subscriber {
  readonly #context: StreamContext;
  readonly #peer: Peer;
  readonly #channel: Channel;
  readonly #version: ProtocolVersion;
  readonly #isComplete: boolean;
  readonly #cursor: Cursor;
  /** Reads past events; undefined until they are needed. */
  #history: History | undefined;
  readonly #types: TypeSet;
  /** The highest number of `batch` events a second; undefined for no limit. */
  readonly #maxRate: number | undefined;
  #owner: StreamOwner | undefined;
  #leaveThrottled: (() => void) | undefined;
  /** The last seq when the stream began. Nothing up to it is skipped, even for a slow viewer. */
  readonly #initialSeq: number;

  constructor(
    { peer, version, query }: StreamViewer,
    { channel, after }: StreamStart,
    context: StreamContext,
  ) {
    this.#context = context;
    this.#peer = peer;
    this.#isComplete = query.complete;
    this.#channel = channel;
    this.#version = version;
    const requested = query.types ? setOf(query.types) : everyType;
    this.#types = version === 1 ? requested & version1Types : requested;
    this.#maxRate = this.#types & batchType ? query.maxRate : undefined;
    this.#initialSeq = channel.lastSeq;
    this.#cursor = new Cursor({
      ...{
        channel,
        after,
        types: this.#types,
        bundleBytes: query.bundle ? context.limits.bundleBytes : undefined,
      },
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
    const chunk = channel.read(selection) ?? (await this.#readHistory(selection, end));
    if (chunk.isReplaced) return hub.verify(channel.runId);
    // `History.read` raises the channel's version if the store has events of a newer one: the next call reads those that fit.
    if (chunk.through > this.#lastFittingSeq && channel.version > this.#version) return;
    // A store never returns the events that it has lost, so the viewer skips them and waits for the next ones.
    const isMissing = chunk.through <= selection.after && !channel.isRemoved;
    peer.sendFrames(isMissing ? cursor.skipMissing() : cursor.advance(chunk));
    await nextTurn();
  }

  #readHistory(selection: Selection, end: number | undefined): Promise<Chunk> {
    const { store, limits } = this.#context;
    this.#history ??= new History({ store, channel: this.#channel, limits });
    return this.#history.read(selection, end);
  }

  /** Sends events when they are published, until `leave` is called, as the owner does when it learns that live sending has to end. */
  goLive(owner: StreamOwner): void {
    this.#owner = owner;
    // Most viewers do not fall behind again.
    this.#history = undefined;
    if (this.#maxRate === undefined) this.#channel.subscribe(this);
    else this.#leaveThrottled = this.#goLiveThrottled(this.#maxRate);
  }

  /** Ends the sending. */
  leave(): void {
    this.#channel.unsubscribe(this);
    this.#leaveThrottled?.();
    this.#leaveThrottled = undefined;
  }

  onEvents(events: FrameBatch): void {
    const isSendable = this.#hasRoom && events.last <= this.#lastFittingSeq;
    const frames = isSendable ? this.#cursor.passLive(events) : undefined;
    if (frames) this.#peer.sendFrames(frames);
    else this.#owner?.onStreamEnd();
  }

  onRemoved(): void {
    this.#owner?.onStreamEnd();
  }

  /** Returns the function that ends the sending. */
  #goLiveThrottled(maxRate: number): () => void {
    const peer = this.#peer;
    const channel = this.#channel;
    let unsent: Buffer | undefined;
    /** Every event up to this seq was sent, is unsent, or is outdated. */
    let seen = this.#cursor.seq;
    const send = (): void => {
      if (!this.#hasRoom) {
        this.#cursor.skipStaleBatches();
        return this.#owner?.onStreamEnd();
      }
      if (unsent) peer.sendFrames(unsent);
      unsent = undefined;
      this.#cursor.moveTo(channel.lastSeq);
    };
    const throttle = new Throttle(maxRate, send);
    const subscriber: Subscriber = {
      onEvents: (events) => {
        // The history may have included events that were stored and are only now published.
        if (events.last <= seen) return;
        if (events.first <= seen) return this.#owner?.onStreamEnd();
        seen = events.last;
        if (events.last > this.#lastFittingSeq) {
          if (unsent) peer.sendFrames(unsent);
          unsent = undefined;
          this.#cursor.moveTo(this.#lastFittingSeq);
          return this.#owner?.onStreamEnd();
        }
        if (!(events.types & this.#types)) return;
        const { frames, beginsWithBatch } = events.newest(this.#types);
        // All other types are sent at once, so only a `batch` event is ever unsent. It is dropped when a newer one follows it.
        unsent = unsent && !beginsWithBatch ? Buffer.concat([unsent, frames]) : frames;
        if (events.types & this.#types & ~batchType) throttle.callNow();
        else throttle.request();
      },
      onRemoved: () => this.onRemoved(),
    };
    channel.subscribe(subscriber);
    return () => {
      channel.unsubscribe(subscriber);
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
