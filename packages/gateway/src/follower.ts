import { setImmediate as nextTurn } from 'node:timers/promises';
import { encode, type LiveControl, type LiveQuery } from '@mnist-monitor/shared';
import type { Authority } from './authority.ts';
import type { Channel, Frame, Hub } from './hub.ts';
import type { WaitingTrainers } from './ingest/waiting-trainers.ts';
import type { Limits } from './limits.ts';
import type { Runs } from './runs.ts';
import type { Peer } from './sockets/peer.ts';
import type { Store } from './store/store.ts';
import { version } from './version.ts';

export interface FollowOptions {
  peer: Peer;
  query: LiveQuery;
  hub: Hub;
  store: Store;
  runs: Runs;
  authority: Pick<Authority, 'access'>;
  trainers: Pick<WaitingTrainers, 'count'>;
  limits: Limits;
  /** The run that is followed from here on; undefined while there is none. */
  onRun?: (runId: string | undefined) => void;
}

/** Serves one viewer: hello, history, live, and each new run when it follows the latest. Ends with the connection. */
export function follow(options: FollowOptions): Promise<void> {
  return new Follower(options).follow();
}

class Follower {
  readonly #options: FollowOptions;
  readonly #peer: Peer;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #followsLatest: boolean;
  /** The run and seq from which the viewer wants to go on; another run is sent from its beginning. */
  readonly #resume: { runId: string | undefined; after: number };
  /** Every event wanted up to here was sent. */
  #sentSeq = 0;
  /** Nothing comes before the first hello. */
  #greeted = false;

  constructor(options: FollowOptions) {
    const { query, hub, peer } = options;
    this.#options = options;
    this.#peer = peer;
    this.#types = query.types && new Set(query.types);
    this.#followsLatest = query.run === 'latest';
    const runId = this.#followsLatest ? (query.afterRun ?? hub.newestRun) : query.run;
    this.#resume = { runId, after: query.after };
  }

  async follow(): Promise<void> {
    const { hub } = this.#options;
    const leave = hub.join((message) => this.#greeted && this.#peer.send(message));
    await this.#followRuns().finally(leave);
  }

  async #followRuns(): Promise<void> {
    let runId = await this.#firstRun();
    while (!this.#peer.gone.aborted) {
      await this.#greet(runId);
      this.#sentSeq = runId === this.#resume.runId ? this.#resume.after : 0;
      await this.#followRun(runId);
      runId = this.#options.hub.newestRun;
    }
  }

  /** History and live in turns: a viewer that reads too slowly for live falls back to history. */
  async #followRun(runId: string | undefined): Promise<void> {
    const channel = runId === undefined ? undefined : await this.#options.hub.channel(runId);
    for (;;) {
      // No await between the last look at the channel and the subscription in #goLive: no event falls between.
      while (runId !== undefined && this.#isBehind(channel)) await this.#sendPage(runId);
      if (this.#peer.gone.aborted || this.#hasMovedOn(runId)) return;
      await this.#goLive(runId, channel);
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
    const { runs, limits, authority, trainers, onRun } = this.#options;
    const run = runId === undefined ? undefined : await runs.summary(runId);
    onRun?.(runId);
    this.#greeted = true;
    this.#say({
      type: 'hello',
      server: version,
      run: run ?? null,
      heartbeatMs: limits.heartbeatMs,
      commands: authority.access,
      waitingTrainers: trainers.count,
    });
  }

  #isBehind(channel: Channel | undefined): boolean {
    return channel !== undefined && this.#sentSeq < channel.lastSeq && !this.#peer.gone.aborted;
  }

  /** Sends the next page of history from the store, at the pace of the socket. */
  async #sendPage(runId: string): Promise<void> {
    const { store, limits, query } = this.#options;
    const page = await store.page(runId, {
      after: this.#sentSeq,
      limit: limits.pageEvents,
      types: query.types,
    });
    for (const { json } of page.events) {
      if (this.#peer.bufferedBytes < limits.catchUpBufferedBytes) this.#peer.send(json);
      else await this.#write(json);
    }
    this.#sentSeq = page.through;
    await nextTurn();
  }

  /**
   * Passes on what is published until the connection is gone, a newer run begins for those who follow the latest,
   * or too much is unread: then it ends when that has left.
   */
  #goLive(runId: string | undefined, channel: Channel | undefined): Promise<void> {
    const { hub, limits } = this.#options;
    const peer = this.#peer;
    return new Promise((resolve) => {
      const leave = (when?: Promise<void>): void => {
        unsubscribe?.();
        unwatch();
        peer.gone.removeEventListener('abort', onGone);
        resolve(when);
      };
      const onGone = (): void => leave();
      const unsubscribe = channel?.subscribe((frame) => {
        if (!this.#advance(frame)) return;
        if (peer.bufferedBytes < limits.unreadBytes) peer.send(frame.bytes);
        else leave(this.#write(frame.bytes));
      });
      const unwatch = hub.watchNewestRun(() => this.#hasMovedOn(runId) && leave());
      peer.gone.addEventListener('abort', onGone);
      this.#say({ type: 'live', seq: this.#sentSeq });
      if (peer.gone.aborted) leave();
    });
  }

  #hasMovedOn(runId: string | undefined): boolean {
    return this.#followsLatest && this.#options.hub.newestRun !== runId;
  }

  /** Moves on to a published event; whether the viewer wants it. */
  #advance({ seq, type }: Frame): boolean {
    if (seq <= this.#sentSeq) return false;
    this.#sentSeq = seq;
    return this.#types?.has(type) ?? true;
  }

  /** Sends and waits for the socket; one that takes nothing for too long is given up. */
  async #write(message: string | Buffer): Promise<void> {
    const stalled = setTimeout(() => this.#peer.close('slow'), this.#options.limits.stallTimeoutMs);
    await this.#peer.write(message);
    clearTimeout(stalled);
  }

  #say(message: LiveControl): void {
    this.#peer.send(encode(message));
  }
}
