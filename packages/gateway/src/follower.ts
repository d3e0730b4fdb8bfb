import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { encode, type LiveControl, type LiveQuery } from '@mnist-monitor/shared';
import type { Authority } from './authority.ts';
import type { Channel } from './channel.ts';
import { Cursor } from './cursor.ts';
import { readHistory } from './history.ts';
import type { Hub } from './hub.ts';
import type { WaitingTrainers } from './ingest/waiting-trainers.ts';
import type { Limits } from './limits.ts';
import type { Runs } from './runs.ts';
import type { Peer } from './sockets/peer.ts';
import type { Traffic } from './sockets/traffic.ts';
import type { Store } from './store/store.ts';
import { stateOf, type WatchedStore } from './store/watched.ts';
import { Throttle } from './throttle.ts';
import { batchType, everyType, setOf, type TypeSet } from './type-set.ts';
import { version } from './version.ts';

export interface FollowOptions {
  peer: Peer;
  query: LiveQuery;
  hub: Hub;
  store: Store;
  runs: Runs;
  authority: Pick<Authority, 'access'>;
  trainers: Pick<WaitingTrainers, 'count'>;
  health: Pick<WatchedStore, 'trouble'>;
  /** What waits for all viewers together. */
  traffic: Pick<Traffic, 'unreadBytes'>;
  limits: Limits;
  /** The run that is followed from here on; undefined while there is none. */
  onRun?: (runId: string | undefined) => void;
}

/** How often to look whether others have read, so that there is room for this one. */
const roomCheckMs = 50;

/** Serves one viewer: hello, history, live, and each new run when it follows the latest. Ends with the connection. */
export function follow(options: FollowOptions): Promise<void> {
  return new Follower(options).follow();
}

class Follower {
  readonly #options: FollowOptions;
  readonly #peer: Peer;
  readonly #types: TypeSet;
  /** At most so many batches a second; undefined for all of them. */
  readonly #maxRate: number | undefined;
  readonly #followsLatest: boolean;
  /** The run and seq from which the viewer wants to go on; another run is sent from its beginning. */
  readonly #resume: { runId: string | undefined; after: number };
  /** Ends hearing what is announced to all; undefined before the first hello, which nothing comes before. */
  #leave: (() => void) | undefined;

  constructor(options: FollowOptions) {
    const { query, hub, peer } = options;
    this.#options = options;
    this.#peer = peer;
    this.#types = query.types ? setOf(query.types) : everyType;
    this.#maxRate = this.#types & batchType ? query.maxRate : undefined;
    this.#followsLatest = query.run === 'latest';
    const runId = this.#followsLatest ? (query.afterRun ?? hub.newestRun) : query.run;
    this.#resume = { runId, after: query.after };
  }

  async follow(): Promise<void> {
    await this.#followRuns().finally(() => this.#leave?.());
  }

  async #followRuns(): Promise<void> {
    let runId = await this.#firstRun();
    while (!this.#peer.gone.aborted) {
      await this.#greet(runId);
      await this.#followRun(runId);
      runId = this.#options.hub.newestRun;
    }
  }

  /** The run to begin with; undefined while there is none. Closes the connection when there is no such run. */
  async #firstRun(): Promise<string | undefined> {
    const { runId } = this.#resume;
    const known = runId !== undefined && (await this.#options.store.lastSeq(runId)) > 0;
    if (known) return runId;
    if (!this.#followsLatest) this.#peer.close('runNotFound', `There is no run ${runId}.`);
    return this.#options.hub.newestRun;
  }

  async #greet(runId: string | undefined): Promise<void> {
    const { hub, runs, limits, authority, trainers, health, onRun } = this.#options;
    const run = runId === undefined ? undefined : await runs.summary(runId);
    onRun?.(runId);
    this.#say({
      type: 'hello',
      server: version,
      run: run ?? null,
      heartbeatMs: limits.heartbeatMs,
      commands: authority.access,
      waitingTrainers: trainers.count,
    });
    if (health.trouble) this.#say(stateOf(health.trouble));
    this.#leave ??= hub.join((frame) => this.#peer.sendFrames(frame));
  }

  /** History and live in turns: a viewer that reads too slowly for live goes back to history. */
  async #followRun(runId: string | undefined): Promise<void> {
    const cursor = runId === undefined ? undefined : this.#cursor(await this.#options.hub.channel(runId));
    /** Everything up to here is sent, however long it takes. */
    const asked = cursor?.channel.lastSeq ?? 0;
    for (;;) {
      // No await between the last look at the channel and the subscription in #goLive: no event falls between.
      while (cursor?.isBehind && !this.#isOver(cursor)) await this.#sendHistory(cursor, asked);
      if (this.#isOver(cursor) || this.#hasMovedOn(runId)) break;
      await this.#goLive(runId, cursor);
    }
    if (cursor?.channel.isRemoved && !this.#followsLatest)
      this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
  }

  #isOver(cursor: Cursor | undefined): boolean {
    return this.#peer.gone.aborted || cursor?.channel.isRemoved === true;
  }

  #cursor(channel: Channel): Cursor {
    const after = channel.runId === this.#resume.runId ? this.#resume.after : 0;
    return new Cursor({ channel, after, types: this.#types, tellsGaps: this.#maxRate === undefined });
  }

  /** Sends what comes next, from memory or else from the store, at the pace of the socket. */
  async #sendHistory(cursor: Cursor, asked: number): Promise<void> {
    const { store, limits, query } = this.#options;
    const { channel, seq } = cursor;
    await this.#waitForRoom();
    if (this.#peer.gone.aborted) return;
    const isStale = seq >= asked && channel.lastSeq - seq > limits.staleEvents;
    if (isStale && !query.complete) cursor.skipStaleBatches();
    const { wanted } = cursor;
    const piece =
      channel.read(wanted) ?? (await readHistory({ store, runId: channel.runId, limits }, wanted));
    this.#peer.sendFrames(cursor.advance(piece));
    await nextTurn();
  }

  /** Waits until this viewer, and all of them together, have read enough. One that does not read is closed. */
  async #waitForRoom(): Promise<void> {
    const { traffic, limits } = this.#options;
    const { gone } = this.#peer;
    if (this.#peer.bufferedBytes >= limits.unreadBytes && !(await this.#peer.drained(limits.stallTimeoutMs)))
      this.#peer.close('slow');
    while (!gone.aborted && traffic.unreadBytes >= limits.allUnreadBytes) await delay(roomCheckMs);
  }

  /** Sends what is published until the connection is gone, a newer run begins, or something has to be read first. */
  #goLive(runId: string | undefined, cursor: Cursor | undefined): Promise<void> {
    const { hub } = this.#options;
    const { gone } = this.#peer;
    return new Promise((resolve) => {
      const leave = (): void => {
        unsubscribe?.();
        unwatch();
        gone.removeEventListener('abort', leave);
        resolve();
      };
      const unsubscribe = cursor && this.#subscribe(cursor, leave);
      const unwatch = hub.watchNewestRun(() => this.#hasMovedOn(runId) && leave());
      gone.addEventListener('abort', leave);
      this.#say({ type: 'live', seq: cursor?.seq ?? 0 });
      if (gone.aborted) leave();
    });
  }

  /** Returns the undo. @param onEnd Not all that was published could be sent at once, or the run was removed. */
  #subscribe(cursor: Cursor, onEnd: () => void): () => void {
    const { channel } = cursor;
    if (this.#maxRate === undefined)
      return channel.subscribe({
        deliver: (block) => {
          const frames = this.#hasRoom ? cursor.pass(block) : undefined;
          if (frames) this.#peer.sendFrames(frames);
          else onEnd();
        },
        end: onEnd,
      });

    const throttle = new Throttle(this.#maxRate, () => {
      if (!this.#sendNewest(cursor)) onEnd();
    });
    const unsubscribe = channel.subscribe({
      deliver: ({ types }) => {
        if (types & this.#types & ~batchType) throttle.now();
        else if (types & batchType) throttle.wish();
      },
      end: onEnd,
    });
    return () => {
      unsubscribe();
      throttle.stop();
    };
  }

  /** Sends everything since the last time, but of batches only the newest; false when that could not all be sent. */
  #sendNewest(cursor: Cursor): boolean {
    cursor.skipStaleBatches();
    while (cursor.isBehind) {
      const piece = this.#hasRoom ? cursor.channel.read(cursor.wanted) : undefined;
      if (!piece) return false;
      this.#peer.sendFrames(cursor.advance(piece));
    }
    return true;
  }

  get #hasRoom(): boolean {
    const { traffic, limits } = this.#options;
    const unread = this.#peer.bufferedBytes;
    return unread === 0 || (unread < limits.unreadBytes && traffic.unreadBytes < limits.allUnreadBytes);
  }

  #hasMovedOn(runId: string | undefined): boolean {
    return this.#followsLatest && this.#options.hub.newestRun !== runId;
  }

  #say(message: LiveControl): void {
    this.#peer.send(encode(message));
  }
}
