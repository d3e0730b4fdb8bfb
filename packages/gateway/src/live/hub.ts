import { encode, type LiveControl, type ProtocolVersion, type RunSummary } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import { Listeners } from '../listeners.ts';
import { frameText } from '../sockets/frames.ts';
import { ignoreDamage } from '../store/damaged-run.ts';
import type { Store, StoredEvent, StreamPosition } from '../store/store.ts';
import { Channel } from './channel.ts';
import { PublishPause } from './publish-pause.ts';
import { forVersion1 } from './version-1.ts';

/** A read of a run's new events from the store that has not ended. */
interface PendingPull {
  /** Whether more may have been stored since reading began. */
  again: boolean;
  done: Promise<void>;
}

/** Events of a run that the store has lost. */
export interface StreamLoss {
  runId: string;
  /** The last seq that was acknowledged or shown. */
  knownSeq: number;
  /** The last seq that the store still has. */
  lastSeq: number;
}

/** A viewer of any run, or of none. */
export interface HubViewer {
  /** The version of the protocol that the viewer can read. */
  readonly version: ProtocolVersion;
  /** Called with the frame of each message to all viewers. */
  onBroadcast(frame: Buffer): void;
  /** Called, synchronously, when another run becomes the newest. */
  onNewestRunChange(): void;
}

/** The part of a run's summary that says whether its status may change without an event. */
export type ShownRun = Pick<RunSummary, 'runId' | 'status'>;

type HubLimits = Pick<Limits, 'recentBytes' | 'recentEvents' | 'publishShare' | 'publishPauseMs'>;

/**
 * Sends durable events to the viewers of each run, and broadcasts messages to all viewers. Publishing is synchronous:
 * when it returns, the subscribers of the channel have received every event up to its `lastSeq`.
 */
export class Hub {
  readonly #store: Store;
  readonly #limits: HubLimits;
  /** One channel for each run that was published or followed since the start; the one published or loaded last is last. */
  readonly #channels = new Map<string, Channel>();
  readonly #newestRunListeners = new Listeners();
  /** The viewers themselves and no functions of them, which would take 200 bytes of each viewer. */
  readonly #viewers = new Set<HubViewer>();
  readonly #viewerCountListeners = new Listeners();
  readonly #helloListeners = new Listeners<[run: ShownRun | undefined]>();
  readonly #streamListeners = new Listeners<[runId: string]>();
  readonly #publishedListeners = new Listeners<[runId: string, events: readonly StoredEvent[]]>();
  readonly #lossListeners = new Listeners<[loss: StreamLoss]>();
  /** Channels being loaded, so that many viewers who connect for the same run at once share one read. */
  readonly #loading = new Map<string, Promise<Channel>>();
  readonly #pulls = new Map<string, PendingPull>();
  readonly #pause: PublishPause;
  #recentBytes = 0;
  #newestRunId: string | undefined;

  private constructor(store: Store, limits: HubLimits, newestRunId: string | undefined) {
    this.#store = store;
    this.#limits = limits;
    this.#pause = new PublishPause(limits);
    this.#newestRunId = newestRunId;
  }

  static async open(store: Store, limits: HubLimits): Promise<Hub> {
    const [newest] = await store.runs({ limit: 1 });
    return new Hub(store, limits, newest?.runId);
  }

  /** The run that began last; undefined while there is no run. */
  get newestRunId(): string | undefined {
    return this.#newestRunId;
  }

  /** Calls back, synchronously, when another run becomes the newest. Returns the function that removes the listener. */
  onNewestRunChange(listener: () => void): () => void {
    return this.#newestRunListeners.add(listener);
  }

  /** Adds a viewer, which receives every broadcast. */
  addViewer(viewer: HubViewer): void {
    if (this.#viewers.has(viewer)) return;
    this.#viewers.add(viewer);
    this.#viewerCountListeners.emit();
  }

  removeViewer(viewer: HubViewer): void {
    if (this.#viewers.delete(viewer)) this.#viewerCountListeners.emit();
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Calls back, synchronously, when a viewer is added or removed. Returns the function that removes the listener. */
  onViewersChange(listener: () => void): () => void {
    return this.#viewerCountListeners.add(listener);
  }

  /** Records that a viewer has been sent a hello with the current state of a run. */
  noteHello(run: ShownRun | undefined): void {
    this.#helloListeners.emit(run);
  }

  /** Calls back, synchronously, after each hello to a viewer. Returns the function that removes the listener. */
  onHello(listener: (run: ShownRun | undefined) => void): () => void {
    return this.#helloListeners.add(listener);
  }

  /** Sends a message to the viewers of all runs. The frame is encoded once for all. */
  broadcast(message: LiveControl): void {
    const frame = frameText(encode(message));
    const version1Message = forVersion1(message);
    const version1Frame = version1Message === message ? frame : frameText(encode(version1Message));
    for (const viewer of this.#viewers) viewer.onBroadcast(viewer.version === 1 ? version1Frame : frame);
  }

  /**
   * Returns the channel of a run, and loads it when there is none. An existing channel is not moved to the store's last
   * seq: its subscribers would miss the events that are committed but not published yet.
   */
  async channel(runId: string): Promise<Channel> {
    return this.#channels.get(runId) ?? this.#loading.get(runId) ?? this.#createChannel(runId);
  }

  /** Resolves with whether a run has events. Reads the store only if the run has no channel. */
  async hasRun(runId: string): Promise<boolean> {
    const known = this.#channels.get(runId)?.lastSeq ?? 0;
    return known > 0 || (await this.#store.lastSeq(runId)) > 0;
  }

  /** Calls back, synchronously, after events were published. Returns the function that removes the listener. */
  onPublished(listener: (runId: string, events: readonly StoredEvent[]) => void): () => void {
    return this.#publishedListeners.add(listener);
  }

  /** The end of the pause after publishing, on the clock of `performance.now()`. */
  get pausesUntil(): number {
    return this.#pause.until;
  }

  /**
   * Publishes durable events of a stream in the order of seq; events already published are skipped. When events before
   * them are missing, because another gateway has stored them, all are read from the store instead. A channel of another
   * stream of the run is ended first.
   * @param version The version of the protocol that the run needs, up to the last of the events.
   */
  publish(runId: string, events: readonly StoredEvent[], stream: string, version: ProtocolVersion): void {
    const current = this.#channels.get(runId);
    if (current && (current.stream ?? stream) !== stream) this.#endChannel(current);
    const known = this.#channels.get(runId);
    if (known && events[0] && events[0].seq > known.lastSeq + 1) {
      // A failed read is repeated with the next events, or when the store works again.
      this.pull(runId).catch(() => {});
      return;
    }
    this.#publishTo(known ?? new Channel({ runId, stream, lastSeq: 0, version }), events, {
      stream,
      version,
    });
  }

  #publishTo(
    channel: Channel,
    events: readonly StoredEvent[],
    { stream, version }: Pick<StreamPosition, 'stream' | 'version'>,
  ): void {
    const { runId } = channel;
    this.#pause.measure(() => {
      this.#recentBytes -= channel.recentBytes;
      channel.publish(events, stream, version);
      this.#keepChannel(channel);
    });
    if (events[0]?.seq === 1) this.#setNewestRun(runId);
    if (events.length > 0) this.#publishedListeners.emit(runId, events);
  }

  /**
   * Publishes a run's stored events that are not published yet, such as those of a commit whose outcome was unknown, and
   * creates its channel if the run has events. Called before a publisher resumes the run.
   */
  async catchUp(runId: string): Promise<void> {
    const isKnown = this.#channels.has(runId);
    // No channel is created for a publisher that connects and never sends an event.
    if (!isKnown && (await this.#store.lastSeq(runId)) === 0) return;
    await this.channel(runId);
    if (!isKnown) await this.refreshNewestRun();
    await this.verify(runId);
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

  /** Updates every channel from the store, where other gateways may have added, removed or replaced runs. */
  async pullAll(): Promise<void> {
    await this.refreshNewestRun();
    for (const { runId } of [...this.#channels.values()]) {
      const wasKnown = (this.#channels.get(runId)?.lastSeq ?? 0) > 0;
      await this.verify(runId).catch(ignoreDamage);
      if (wasKnown && !this.#channels.has(runId) && (await this.#store.lastSeq(runId)) === 0)
        this.broadcast({ type: 'removed', runId });
    }
  }

  /**
   * Compares a run's channel, if there is one, with the store. Publishes the events that are new; ends the channel when
   * the run was removed or replaced, or when events of it were lost, which also changes its stream id.
   */
  async verify(runId: string): Promise<void> {
    const channel = this.#channels.get(runId);
    if (!channel) return;
    const { stream, lastSeq } = channel;
    const position = await this.#store.position(runId);
    if (this.#channels.get(runId) !== channel) return;
    if (stream !== undefined && position?.stream !== stream) return this.endOutdatedChannel(runId);
    if (position === undefined || position.lastSeq >= lastSeq) return this.pull(runId);
    await this.reportLoss(runId, position, lastSeq);
  }

  /**
   * Handles a loss of stored events: gives the run another stream id, and ends its channel. The store still has the events
   * up to `position`; clients have received those up to `knownSeq`.
   */
  async reportLoss(runId: string, { stream, lastSeq }: StreamPosition, knownSeq: number): Promise<void> {
    // Only one gateway succeeds, and logs the loss.
    if (await this.#store.renewStream(runId, stream)) this.#lossListeners.emit({ runId, knownSeq, lastSeq });
    await this.endOutdatedChannel(runId);
  }

  /** Calls back when a run of which there is a channel was removed or has another stream. Returns the function that removes the listener. */
  onStreamChange(listener: (runId: string) => void): () => void {
    return this.#streamListeners.add(listener);
  }

  /** Calls back when a loss of stored events is detected. Returns the function that removes the listener. */
  onLoss(listener: (loss: StreamLoss) => void): () => void {
    return this.#lossListeners.add(listener);
  }

  /** Reads the newest run from the store; again if a run has become the newest since, which the read may have missed. */
  async refreshNewestRun(): Promise<void> {
    for (;;) {
      const before = this.#newestRunId;
      const [newest] = await this.#store.runs({ limit: 1 });
      if (this.#newestRunId === before) return this.#setNewestRun(newest?.runId);
    }
  }

  /**
   * Ends the channel of a run that the store no longer has, or has with another stream. Viewers of `latest` continue with
   * the newest run.
   */
  async endOutdatedChannel(runId: string): Promise<void> {
    const channel = this.#channels.get(runId);
    const position = await this.#store.position(runId);
    await this.refreshNewestRun();
    const isOutdated = channel !== undefined && (!position || position.stream !== channel.stream);
    if (isOutdated && this.#channels.get(runId) === channel) this.#endChannel(channel);
  }

  #endChannel(channel: Channel): void {
    this.#channels.delete(channel.runId);
    this.#recentBytes -= channel.recentBytes;
    channel.remove();
    this.#streamListeners.emit(channel.runId);
  }

  #setNewestRun(runId: string | undefined): void {
    if (this.#newestRunId === runId) return;
    this.#newestRunId = runId;
    this.#newestRunListeners.emit();
    for (const viewer of this.#viewers) viewer.onNewestRunChange();
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
        for (let [after, more] = [channel.lastSeq, true]; more; ) {
          const page = await this.#store.page(runId, { after, limit: this.#limits.recentEvents });
          const { stream, events, version, through } = page;
          // The run may be removed while its page is read.
          if (this.#channels.get(runId) !== channel) return;
          if ((channel.stream ?? stream) !== stream) return await this.endOutdatedChannel(runId);
          // Events that are not in the page are missing from the store, and reading again would not return them.
          if (stream !== undefined) this.#publishTo(channel, events, { stream, version });
          more = page.more && through > after;
          after = Math.max(through, channel.lastSeq);
        }
      }
    } finally {
      this.#pulls.delete(runId);
    }
  }

  /** Loads a run's channel, with its last events in memory unless they are larger than one page of the store. */
  async #loadChannel(runId: string): Promise<Channel> {
    const position = await this.#store.position(runId);
    const { stream, lastSeq, version } = position ?? { lastSeq: 0, version: 1 as const };
    const limit = this.#limits.recentEvents;
    const page = await this.#store.page(runId, { after: Math.max(0, lastSeq - limit), limit });
    // Events that are missing from the store are not in the page.
    const hasAll = page.stream === stream && !page.more && page.through >= lastSeq;
    return new Channel({
      runId,
      stream,
      lastSeq,
      version,
      ...(hasAll && { lastSeq: page.through, version: page.version, recent: page.events }),
    });
  }

  /** Adds a channel, or moves it to the end, and frees frames beyond `recentBytes`: those of the first channel first. */
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
