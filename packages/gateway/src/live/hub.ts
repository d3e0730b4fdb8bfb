import { encode, type LiveControl } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import { frameText } from '../sockets/frames.ts';
import type { Store, StoredEvent } from '../store/store.ts';
import { Channel } from './channel.ts';

/** What a run has in the store is being read. */
interface PendingPull {
  /** More has come since it began to read. */
  again: boolean;
  done: Promise<void>;
}

type HubLimits = Pick<Limits, 'recentBytes' | 'recentEvents'>;

/**
 * Fans committed events out to whoever follows a run, and says when a new run begins.
 * Publishing is synchronous: after it, `lastSeq` and what subscribers got agree.
 */
export class Hub {
  readonly #store: Store;
  readonly #limits: HubLimits;
  /** Of every run that was published or followed since the start; the one published last is last. */
  readonly #channels = new Map<string, Channel>();
  readonly #newestRunListeners = new Set<() => void>();
  readonly #viewers = new Set<(frame: Buffer) => void>();
  readonly #viewerCountListeners = new Set<() => void>();
  readonly #publishedListeners = new Set<(runId: string, events: readonly StoredEvent[]) => void>();
  /** Channels that are being made: many viewers may come for the same run at once. */
  readonly #loading = new Map<string, Promise<Channel>>();
  readonly #pulls = new Map<string, PendingPull>();
  #recentBytes = 0;
  #newestRunId: string | undefined;

  private constructor(store: Store, limits: HubLimits, newestRun: string | undefined) {
    this.#store = store;
    this.#limits = limits;
    this.#newestRunId = newestRun;
  }

  static async open(store: Store, limits: HubLimits): Promise<Hub> {
    const [newest] = await store.summaries(1);
    return new Hub(store, limits, newest?.runId);
  }

  /** The run that began last; undefined while there is none. */
  get newestRunId(): string | undefined {
    return this.#newestRunId;
  }

  /** Calls back, synchronously, whenever another run is the newest. Returns the undo. */
  onNewestRunChange(watcher: () => void): () => void {
    this.#newestRunListeners.add(watcher);
    return () => this.#newestRunListeners.delete(watcher);
  }

  /** Takes what is announced to all viewers, whichever run they follow. Returns the undo. */
  addViewer(take: (frame: Buffer) => void): () => void {
    this.#viewers.add(take);
    this.#emitViewersChange();
    return () => {
      this.#viewers.delete(take);
      this.#emitViewersChange();
    };
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Calls back, synchronously, whenever a viewer comes or goes. Returns the undo. */
  onViewersChange(watcher: () => void): () => void {
    this.#viewerCountListeners.add(watcher);
    return () => this.#viewerCountListeners.delete(watcher);
  }

  /** Says something to every viewer that is no event; framed once for everybody. */
  broadcast(message: LiveControl): void {
    const frame = frameText(encode(message));
    for (const take of this.#viewers) take(frame);
  }

  #emitViewersChange(): void {
    for (const watcher of this.#viewerCountListeners) watcher();
  }

  /**
   * The channel of a run. An existing one is never set forward to what the store holds by now: between a commit
   * and its publishing, that would make its subscribers miss the event.
   */
  async channel(runId: string): Promise<Channel> {
    return this.#channels.get(runId) ?? this.#loading.get(runId) ?? this.#createChannel(runId);
  }

  /** Calls back, synchronously, after events were handed out. Returns the undo. */
  onPublished(watcher: (runId: string, events: readonly StoredEvent[]) => void): () => void {
    this.#publishedListeners.add(watcher);
    return () => this.#publishedListeners.delete(watcher);
  }

  /**
   * Hands out events that are durable by now, in the order of seq; doubles are left out. Where another gateway has
   * added some before them, all are read from the store.
   */
  publish(runId: string, events: readonly StoredEvent[]): void {
    const known = this.#channels.get(runId);
    if (known && events[0] && events[0].seq > known.lastSeq + 1) {
      // What cannot be read now is read with the next events, or when the store works again.
      this.pull(runId).catch(() => {});
      return;
    }
    const channel = known ?? new Channel(runId, 0);
    this.#recentBytes -= channel.recentBytes;
    channel.publish(events);
    this.#keepChannel(channel);
    if (events[0]?.seq === 1) this.#setNewestRun(runId);
    if (events.length > 0) for (const watcher of this.#publishedListeners) watcher(runId, events);
  }

  /**
   * Publishes what the store holds beyond what was published: of a commit that seemed to fail, and did not. For
   * whoever is about to go on with a run.
   */
  async catchUp(runId: string): Promise<void> {
    const isKnown = this.#channels.has(runId);
    // Who says hello and never begins leaves nothing behind.
    if (!isKnown && (await this.#store.lastSeq(runId)) === 0) return;
    await this.channel(runId);
    if (!isKnown) await this.refreshNewestRun();
    await this.pull(runId);
  }

  /** Publishes what the store holds of a run beyond what was published, if the run is shown here; once for many calls. */
  pull(runId: string): Promise<void> {
    const running = this.#pulls.get(runId);
    if (running) {
      running.again = true;
      return running.done;
    }
    const pull: PendingPull = { again: true, done: Promise.resolve() };
    this.#pulls.set(runId, pull);
    pull.done = this.#pull(runId, pull);
    return pull.done;
  }

  /** The same for every run: others may have been added to, removed, or begun anew meanwhile. */
  async pullAll(): Promise<void> {
    await this.refreshNewestRun();
    for (const { runId, lastSeq } of [...this.#channels.values()]) {
      if ((await this.#store.lastSeq(runId)) < lastSeq) await this.removeRun(runId);
      else await this.pull(runId);
    }
  }

  /** Asks the store which run began last. */
  async refreshNewestRun(): Promise<void> {
    const [newest] = await this.#store.summaries(1);
    if (newest) this.#setNewestRun(newest.runId);
  }

  /** Lets go of a run that was removed from the store: its viewers too, or they go on with the newest that is left. */
  async removeRun(runId: string): Promise<void> {
    const [newest] = await this.#store.summaries(1);
    const channel = this.#channels.get(runId);
    this.#channels.delete(runId);
    this.#recentBytes -= channel?.recentBytes ?? 0;
    this.#setNewestRun(newest?.runId);
    channel?.remove();
  }

  #setNewestRun(newestRun: string | undefined): void {
    if (this.#newestRunId === newestRun) return;
    this.#newestRunId = newestRun;
    for (const watcher of this.#newestRunListeners) watcher();
  }

  #createChannel(runId: string): Promise<Channel> {
    const take = (channel: Channel): Channel => {
      if (!this.#channels.has(runId)) this.#keepChannel(channel);
      return this.#channels.get(runId)!;
    };
    const made = this.#loadChannel(runId)
      .then(take)
      .finally(() => this.#loading.delete(runId));
    this.#loading.set(runId, made);
    return made;
  }

  async #pull(runId: string, pull: PendingPull): Promise<void> {
    try {
      const channel = this.#channels.get(runId) ?? (await this.#loading.get(runId));
      while (channel && pull.again) {
        pull.again = false;
        for (let more = true; more; ) {
          const after = channel.lastSeq;
          const page = await this.#store.page(runId, { after, limit: this.#limits.recentEvents });
          // Removed meanwhile.
          if (this.#channels.get(runId) !== channel) return;
          this.publish(runId, page.events);
          more = page.more;
        }
      }
    } finally {
      this.#pulls.delete(runId);
    }
  }

  /** A channel of what the store holds, with the last events ready unless they are uncommonly large. */
  async #loadChannel(runId: string): Promise<Channel> {
    const lastSeq = await this.#store.lastSeq(runId);
    const limit = this.#limits.recentEvents;
    const page = await this.#store.page(runId, { after: Math.max(0, lastSeq - limit), limit });
    return page.more ? new Channel(runId, lastSeq) : new Channel(runId, page.through, page.events);
  }

  /** Adds a channel, or moves it to the end, and keeps the recent past of all runs within its bound. */
  #keepChannel(channel: Channel): void {
    this.#channels.delete(channel.runId);
    this.#channels.set(channel.runId, channel);
    this.#recentBytes += channel.recentBytes;
    for (const oldest of this.#channels.values()) {
      while (this.#recentBytes > this.#limits.recentBytes && oldest.recentBytes > 0) {
        this.#recentBytes -= oldest.recentBytes;
        oldest.dropOldest();
        this.#recentBytes += oldest.recentBytes;
      }
      if (this.#recentBytes <= this.#limits.recentBytes) return;
    }
  }
}
