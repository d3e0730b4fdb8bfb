import { type EventType, encode, type LiveControl } from '@mnist-monitor/shared';
import type { Store, StoredEvent } from './store/store.ts';

/** An event on its way out, encoded once for everybody. */
export interface Frame {
  seq: number;
  type: EventType;
  bytes: Buffer;
}

export type Deliver = (frame: Frame) => void;

/** The live end of one run. */
export class Channel {
  /** The last seq that went through here, or was in the store when the channel was made. */
  #lastSeq: number;
  readonly #subscribers = new Set<Deliver>();

  constructor(lastSeq: number) {
    this.#lastSeq = lastSeq;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** From the next event on; what came before is in the store. Returns the undo. */
  subscribe(deliver: Deliver): () => void {
    this.#subscribers.add(deliver);
    return () => this.#subscribers.delete(deliver);
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  publish(events: readonly StoredEvent[]): void {
    for (const { seq, type, json } of events) {
      if (seq <= this.#lastSeq) continue;
      this.#lastSeq = seq;
      if (this.#subscribers.size === 0) continue;
      const frame = { seq, type, bytes: Buffer.from(json) };
      for (const deliver of this.#subscribers) deliver(frame);
    }
  }
}

/**
 * Fans committed events out to whoever follows a run, and says when a new run begins.
 * Publishing is synchronous: after it, `lastSeq` and what subscribers got agree.
 */
export class Hub {
  readonly #store: Store;
  /** Of every run that was published or followed since the start: a few hundred bytes each. */
  readonly #channels = new Map<string, Channel>();
  readonly #watchers = new Set<() => void>();
  readonly #viewers = new Set<(message: Buffer) => void>();
  readonly #viewerWatchers = new Set<() => void>();
  #newestRun: string | undefined;

  private constructor(store: Store, newestRun: string | undefined) {
    this.#store = store;
    this.#newestRun = newestRun;
  }

  static async open(store: Store): Promise<Hub> {
    const [newest] = await store.summaries(1);
    return new Hub(store, newest?.runId);
  }

  /** The run that began last; undefined while there is none. */
  get newestRun(): string | undefined {
    return this.#newestRun;
  }

  /** Calls back, synchronously, whenever a new run begins. Returns the undo. */
  watchNewestRun(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Takes what is announced to all viewers, whichever run they follow. Returns the undo. */
  join(take: (message: Buffer) => void): () => void {
    this.#viewers.add(take);
    this.#viewersChanged();
    return () => {
      this.#viewers.delete(take);
      this.#viewersChanged();
    };
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Calls back, synchronously, whenever a viewer comes or goes. Returns the undo. */
  watchViewers(watcher: () => void): () => void {
    this.#viewerWatchers.add(watcher);
    return () => this.#viewerWatchers.delete(watcher);
  }

  /** Says something to every viewer that is no event; encoded once for everybody. */
  announce(message: LiveControl): void {
    const bytes = Buffer.from(encode(message));
    for (const take of this.#viewers) take(bytes);
  }

  #viewersChanged(): void {
    for (const watcher of this.#viewerWatchers) watcher();
  }

  /**
   * The channel of a run. An existing one is never set forward to what the store holds by now: between a commit
   * and its publishing, that would make its subscribers miss the event.
   */
  async channel(runId: string): Promise<Channel> {
    if (!this.#channels.has(runId)) {
      const lastSeq = await this.#store.lastSeq(runId);
      if (!this.#channels.has(runId)) this.#channels.set(runId, new Channel(lastSeq));
    }
    return this.#channels.get(runId)!;
  }

  /** Hands out events that are durable by now, in the order of seq; doubles are left out. */
  publish(runId: string, events: readonly StoredEvent[]): void {
    const channel = this.#channels.get(runId) ?? new Channel(0);
    this.#channels.set(runId, channel);
    channel.publish(events);
    if (events[0]?.seq !== 1 || this.#newestRun === runId) return;
    this.#newestRun = runId;
    for (const watcher of this.#watchers) watcher();
  }
}
