import type { StoredEvent } from '../store/store.ts';
import { type Chunk, FrameBatch, type Selection } from './frame-batch.ts';

/** Follows a run live. */
export interface Subscriber {
  /** Gets each block as it is published. */
  onBatch(block: FrameBatch): void;
  /** Nothing more will come: the run was removed. */
  onRemoved(): void;
}

/** Small blocks are kept as one of this size, so that catching up takes few writes. */
const joinedBatchBytes = 64 * 1024;

/** The live end of one run, with its recent past as ready frames. */
export class Channel {
  readonly runId: string;
  /** The last seq that went through here, or was in the store when the channel was made. */
  #lastSeq: number;
  #newestBatchSeq = 0;
  /** The last events, without gaps, up to `lastSeq`. */
  readonly #recent: FrameBatch[] = [];
  #recentBytes = 0;
  readonly #subscribers = new Set<Subscriber>();
  #isRemoved = false;

  /** @param recent The last events of the run, which are to be ready. */
  constructor(runId: string, lastSeq: number, recent: readonly StoredEvent[] = []) {
    this.runId = runId;
    this.#lastSeq = lastSeq;
    if (recent.length > 0) this.#keep(recent);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The seq of the newest `batch` event; 0 when none is known. */
  get newestBatchSeq(): number {
    return this.#newestBatchSeq;
  }

  get recentBytes(): number {
    return this.#recentBytes;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** From the next event on; what came before is to be read. Returns the undo. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /** Hands out the events that follow `lastSeq`. */
  publish(events: readonly StoredEvent[]): void {
    const fresh = events.filter(({ seq }) => seq > this.#lastSeq);
    if (fresh.length === 0) return;
    this.#lastSeq = fresh.at(-1)!.seq;
    const block = this.#keep(fresh);
    for (const subscriber of this.#subscribers) subscriber.onBatch(block);
  }

  /** Whether the run was removed; what begins under its name has another channel. */
  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  /** Lets go of everybody, since the run was removed. */
  remove(): void {
    this.#isRemoved = true;
    for (const subscriber of this.#subscribers) subscriber.onRemoved();
  }

  /** What is wanted next, to the end of a block; undefined when that is not in memory. */
  read(wanted: Selection): Chunk | undefined {
    const block = this.#holds(wanted.after) && this.#recent.find(({ last }) => last > wanted.after);
    return block ? { ranges: block.ranges(wanted), through: block.last } : undefined;
  }

  /** Lets go of the oldest block of the recent past. */
  dropOldest(): void {
    this.#recentBytes -= this.#recent.shift()?.bytes.length ?? 0;
  }

  /** Whether everything that follows a seq is in memory. */
  #holds(seq: number): boolean {
    const oldest = this.#recent[0];
    return oldest !== undefined && seq >= oldest.first - 1;
  }

  #keep(events: readonly StoredEvent[]): FrameBatch {
    const block = FrameBatch.of(events);
    this.#newestBatchSeq = events.findLast(({ type }) => type === 'batch')?.seq ?? this.#newestBatchSeq;
    this.#recentBytes += block.bytes.length;
    const newest = this.#recent.at(-1);
    if (newest && newest.bytes.length + block.bytes.length <= joinedBatchBytes)
      this.#recent.splice(-1, 1, newest.join(block));
    else this.#recent.push(block);
    return block;
  }
}
