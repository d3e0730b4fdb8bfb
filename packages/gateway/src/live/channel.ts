import type { ProtocolVersion } from '@mnist-monitor/shared';
import type { NewEvent, StoredEvent } from '../store/store.ts';
import { type Chunk, FrameBatch, type Selection } from './frame-batch.ts';

/** Receives the events of a run when they are published. */
export interface Subscriber {
  onEvents(events: FrameBatch): void;
  /** Called last: when the run was removed or has another stream. */
  onRemoved(): void;
}

export interface ChannelOptions {
  runId: string;
  stream: string | undefined;
  /** The last stored seq. */
  lastSeq: number;
  /** The version of the protocol that the run needs. */
  version: ProtocolVersion;
  recent?: readonly StoredEvent[];
}

/**
 * Maximum size of a frame batch of several events: large, so that a viewer catches up with few writes, but small against `unreadBytes`,
 * which one write to a viewer may exceed by as much.
 */
const batchBytes = 64 * 1024;

/** The live feed of one run, with its recent events in memory as encoded WebSocket frames. */
export class Channel {
  readonly runId: string;
  #stream: string | undefined;
  /** The last published seq; before the first publication, the last stored one. */
  #lastSeq: number;
  #version: ProtocolVersion;
  /** The last seq before `#version` was raised; 0 if it was never raised. */
  #lastSeqBeforeVersion = 0;
  #newestBatchSeq = 0;
  /** The last stored events of the run, up to `lastSeq`; may be empty. */
  readonly #recent: FrameBatch[] = [];
  #recentBytes = 0;
  readonly #subscribers = new Set<Subscriber>();
  #isRemoved = false;

  /** @param recent The last events of the run, to be kept in memory as frames. */
  constructor({ runId, stream, lastSeq, version, recent = [] }: ChannelOptions) {
    this.runId = runId;
    this.#stream = stream;
    this.#lastSeq = lastSeq;
    this.#version = version;
    for (const events of splitIntoBatches(recent)) this.#keep(events);
  }

  /** The stream of the run; undefined while the run has no events. Another stream of the run has another channel. */
  get stream(): string | undefined {
    return this.#stream;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The lowest version of the protocol that has every event published so far. It never falls. */
  get version(): ProtocolVersion {
    return this.#version;
  }

  /** Returns the last seq up to which every event fits a version of the protocol. */
  lastSeqOf(version: ProtocolVersion): number {
    return version >= this.#version ? this.#lastSeq : this.#lastSeqBeforeVersion;
  }

  /** Raises the version that the run needs. Called before an event that needs it is sent to anyone. */
  requireVersion(version: ProtocolVersion): void {
    if (version <= this.#version) return;
    this.#version = version;
    this.#lastSeqBeforeVersion = this.#lastSeq;
  }

  /** The seq of the newest `batch` event; 0 when none is known. */
  get newestBatchSeq(): number {
    return this.#newestBatchSeq;
  }

  /** The size of the frames in memory. */
  get recentBytes(): number {
    return this.#recentBytes;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** Adds a subscriber, which receives the events after `lastSeq`. */
  subscribe(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  unsubscribe(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /**
   * Sends the events after `lastSeq` to all subscribers. They have to be of the channel's stream, if it has one.
   * @param version The version of the protocol that the run needs, up to the last of the events.
   */
  publish(
    events: readonly (StoredEvent & Partial<NewEvent>)[],
    stream: string,
    version: ProtocolVersion,
  ): void {
    this.#stream ??= stream;
    const fresh = events.filter(({ seq }) => seq > this.#lastSeq);
    // Events that were read from the store have no `version`: -1 then, and all of them count as events of the new version.
    const firstOfVersion =
      version > this.#version ? fresh.findIndex((event) => event.version === version) : -1;
    if (firstOfVersion > 0) this.#send(fresh.slice(0, firstOfVersion));
    this.requireVersion(version);
    this.#send(fresh.slice(Math.max(0, firstOfVersion)));
  }

  #send(events: readonly StoredEvent[]): void {
    for (const part of splitIntoBatches(events)) {
      this.#lastSeq = part.at(-1)!.seq;
      const batch = this.#keep(part);
      for (const subscriber of this.#subscribers) subscriber.onEvents(batch);
    }
  }

  /** Whether the run was removed or has another stream, which has another channel. */
  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  /** Ends the channel of a run that was removed or has another stream. */
  remove(): void {
    this.#isRemoved = true;
    for (const subscriber of this.#subscribers) subscriber.onRemoved();
  }

  /** Returns the selected events of the next frame batch in memory; undefined when the next events are not in memory. */
  read(selection: Selection): Chunk | undefined {
    const batch =
      this.#hasAllAfter(selection.after) && this.#recent.find(({ last }) => last > selection.after);
    if (!batch) return undefined;
    return {
      ranges: batch.ranges(selection),
      missing: batch.missingAfter(selection.after),
      through: batch.last,
    };
  }

  /** Frees the memory of the oldest frame batch. */
  dropOldest(): void {
    this.#recentBytes -= this.#recent.shift()?.bytes.length ?? 0;
  }

  #hasAllAfter(seq: number): boolean {
    const oldest = this.#recent[0];
    return oldest !== undefined && seq >= oldest.first - 1;
  }

  #keep(events: readonly StoredEvent[]): FrameBatch {
    const batch = FrameBatch.of(events);
    this.#newestBatchSeq = events.findLast(({ type }) => type === 'batch')?.seq ?? this.#newestBatchSeq;
    this.#recentBytes += batch.bytes.length;
    const newest = this.#recent.at(-1);
    // A frame batch is not joined with events of a newer version, which not every viewer receives.
    const fits = newest && newest.last !== this.#lastSeqBeforeVersion;
    if (fits && newest.bytes.length + batch.bytes.length <= batchBytes)
      this.#recent.splice(-1, 1, newest.join(batch));
    else this.#recent.push(batch);
    return batch;
  }
}

/**
 * Splits events into lists for one frame batch each. They have consecutive seqs, because subscribers notice missing events between two
 * frame batches, not within one.
 */
function splitIntoBatches(events: readonly StoredEvent[]): StoredEvent[][] {
  const lists: StoredEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const list = lists.at(-1);
    bytes += event.json.length;
    if (list?.at(-1)?.seq === event.seq - 1 && bytes <= batchBytes) list.push(event);
    else {
      lists.push([event]);
      bytes = event.json.length;
    }
  }
  return lists;
}
