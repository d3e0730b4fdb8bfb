import { encode, type LiveControl } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import { Listeners } from '../listeners.ts';
import { frameText } from '../sockets/frames.ts';
import type { Store, StoredEvent } from '../store/store.ts';
import { Channel } from './channel.ts';

/** A run's new events are being read from the store. */
interface PendingPull {
  /** Whether more may have been stored since reading began. */
  again: boolean;
  done: Promise<void>;
}

type HubLimits = Pick<Limits, 'recentBytes' | 'recentEvents'>;

/**
 * Sends durable events to the viewers of each run, and broadcasts messages to all viewers. Publishing is synchronous:
 * when it returns, the channel's `lastSeq` and what its subscribers have got agree.
 */
export class Hub {
  readonly #store: Store;
  readonly #limits: HubLimits;
  /** One channel for each run published or followed since the start; the one published last is last. */
  readonly #channels = new Map<string, Channel>();
  readonly #newestRunListeners = new Listeners();
  readonly #viewers = new Listeners<[frame: Buffer]>();
  readonly #viewerCountListeners = new Listeners();
  readonly #publishedListeners = new Listeners<[runId: string, events: readonly StoredEvent[]]>();
  /** Channels being loaded, so that many viewers who connect for the same run at once share one read. */
  readonly #loading = new Map<string, Promise<Channel>>();
  readonly #pulls = new Map<string, PendingPull>();
  #recentBytes = 0;
  #newestRunId: string | undefined;

  private constructor(store: Store, limits: HubLimits, newestRunId: string | undefined) {
    this.#store = store;
    this.#limits = limits;
    this.#newestRunId = newestRunId;
  }

  static async open(store: Store, limits: HubLimits): Promise<Hub> {
    const [newest] = await store.runs({ limit: 1 });
    return new Hub(store, limits, newest?.runId);
  }

  /** The run that began last; undefined while there is none. */
  get newestRunId(): string | undefined {
    return this.#newestRunId;
  }

  /** Calls back, synchronously, when another run becomes the newest. Returns the function that ends this. */
  onNewestRunChange(listener: () => void): () => void {
    return this.#newestRunListeners.add(listener);
  }

  /** Adds a viewer, which gets every broadcast. Returns the function that removes it. */
  addViewer(send: (frame: Buffer) => void): () => void {
    const remove = this.#viewers.add(send);
    this.#viewerCountListeners.emit();
    return () => {
      remove();
      this.#viewerCountListeners.emit();
    };
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Calls back, synchronously, when a viewer is added or removed. Returns the function that ends this. */
  onViewersChange(listener: () => void): () => void {
    return this.#viewerCountListeners.add(listener);
  }

  /** Sends a message to every viewer, whichever run it follows. The frame is encoded once. */
  broadcast(message: LiveControl): void {
    this.#viewers.emit(frameText(encode(message)));
  }

  /**
   * Returns the channel of a run. An existing channel never jumps ahead to the store's last seq: between a commit and
   * its publication, its subscribers would miss the events.
   */
  async channel(runId: string): Promise<Channel> {
    return this.#channels.get(runId) ?? this.#loading.get(runId) ?? this.#createChannel(runId);
  }

  /** Calls back, synchronously, after events were published. Returns the function that ends this. */
  onPublished(listener: (runId: string, events: readonly StoredEvent[]) => void): () => void {
    return this.#publishedListeners.add(listener);
  }

  /**
   * Publishes durable events in the order of seq; events already published are skipped. When another gateway has stored
   * events before them, all are read from the store instead.
   */
  publish(runId: string, events: readonly StoredEvent[]): void {
    const known = this.#channels.get(runId);
    if (known && events[0] && events[0].seq > known.lastSeq + 1) {
      // If this fails, the next events or the store's recovery repeat it.
      this.pull(runId).catch(() => {});
      return;
    }
    const channel = known ?? new Channel(runId, 0);
    this.#recentBytes -= channel.recentBytes;
    channel.publish(events);
    this.#keepChannel(channel);
    if (events[0]?.seq === 1) this.#setNewestRun(runId);
    if (events.length > 0) this.#publishedListeners.emit(runId, events);
  }

  /**
   * Publishes stored events that are not published yet, such as those of a commit whose outcome was unknown. Called
   * before a publisher resumes a run.
   */
  async catchUp(runId: string): Promise<void> {
    const isKnown = this.#channels.has(runId);
    // A publisher that connects and never sends an event leaves no channel behind.
    if (!isKnown && (await this.#store.lastSeq(runId)) === 0) return;
    await this.channel(runId);
    if (!isKnown) await this.refreshNewestRun();
    await this.pull(runId);
  }

  /** Publishes a run's stored events that are not published yet, if it has a channel. Simultaneous calls share one read. */
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

  /** Brings every channel up to date with the store, where other gateways may have added, removed or replaced runs. */
  async pullAll(): Promise<void> {
    await this.refreshNewestRun();
    for (const { runId, lastSeq } of [...this.#channels.values()]) {
      if ((await this.#store.lastSeq(runId)) >= lastSeq) await this.pull(runId);
      else {
        await this.removeRun(runId);
        this.broadcast({ type: 'removed', runId });
      }
    }
  }

  /** Reads from the store which run began last. */
  async refreshNewestRun(): Promise<void> {
    const [newest] = await this.#store.runs({ limit: 1 });
    this.#setNewestRun(newest?.runId);
  }

  /** Closes the channel of a run that was removed from the store. Viewers of the latest run move on to the newest left. */
  async removeRun(runId: string): Promise<void> {
    const [newest] = await this.#store.runs({ limit: 1 });
    const channel = this.#channels.get(runId);
    this.#channels.delete(runId);
    this.#recentBytes -= channel?.recentBytes ?? 0;
    this.#setNewestRun(newest?.runId);
    channel?.remove();
  }

  #setNewestRun(runId: string | undefined): void {
    if (this.#newestRunId === runId) return;
    this.#newestRunId = runId;
    this.#newestRunListeners.emit();
  }

  #createChannel(runId: string): Promise<Channel> {
    const keep = (channel: Channel): Channel => {
      if (!this.#channels.has(runId)) this.#keepChannel(channel);
      return this.#channels.get(runId)!;
    };
    const created = this.#loadChannel(runId)
      .then(keep)
      .finally(() => this.#loading.delete(runId));
    this.#loading.set(runId, created);
    return created;
  }

  async #pull(runId: string, pull: PendingPull): Promise<void> {
    try {
      const channel = this.#channels.get(runId) ?? (await this.#loading.get(runId));
      while (channel && pull.again) {
        pull.again = false;
        for (let more = true; more; ) {
          const after = channel.lastSeq;
          const page = await this.#store.page(runId, { after, limit: this.#limits.recentEvents });
          // The run may be removed while its page is read.
          if (this.#channels.get(runId) !== channel) return;
          this.publish(runId, page.events);
          more = page.more;
        }
      }
    } finally {
      this.#pulls.delete(runId);
    }
  }

  /** Loads a run's channel, with the last events as ready frames unless they are unusually large. */
  async #loadChannel(runId: string): Promise<Channel> {
    const lastSeq = await this.#store.lastSeq(runId);
    const limit = this.#limits.recentEvents;
    const page = await this.#store.page(runId, { after: Math.max(0, lastSeq - limit), limit });
    // Events that are missing from the store are not in the page.
    const hasAll = !page.more && page.through >= lastSeq;
    return hasAll ? new Channel(runId, page.through, page.events) : new Channel(runId, lastSeq);
  }

  /** Adds a channel, or moves it to the end, and keeps the ready frames of all runs within `recentBytes`. */
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
