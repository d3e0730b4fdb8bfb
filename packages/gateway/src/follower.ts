import { setImmediate as nextTurn } from 'node:timers/promises';
import { encode, type LiveControl, type LiveQuery } from '@mnist-monitor/shared';
import type { Channel, Frame, Hub } from './hub.ts';
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
  limits: Limits;
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
    let runId = await this.#firstRun();
    while (!this.#peer.gone.aborted) {
      await this.#greet(runId);
      this.#sentSeq = runId === this.#resume.runId ? this.#resume.after : 0;
      const channel = runId === undefined ? undefined : await this.#options.hub.channel(runId);
      // No await between the last look at the channel and the subscription in #goLive: no event falls between.
      while (runId !== undefined && this.#isBehind(channel)) await this.#sendPage(runId);
      if (!this.#hasMovedOn(runId)) await this.#goLive(runId, channel);
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
    const { runs, limits } = this.#options;
    const run = runId === undefined ? undefined : await runs.summary(runId);
    this.#say({ type: 'hello', server: version, run: run ?? null, heartbeatMs: limits.heartbeatMs });
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
      else await this.#peer.write(json);
    }
    this.#sentSeq = page.through;
    await nextTurn();
  }

  /** Passes on what is published until the connection is gone or, for the latest run, a newer one begins. */
  #goLive(runId: string | undefined, channel: Channel | undefined): Promise<void> {
    return new Promise((resolve) => {
      const { gone } = this.#peer;
      const leave = (): void => {
        unsubscribe?.();
        unwatch();
        gone.removeEventListener('abort', leave);
        resolve();
      };
      const unsubscribe = channel?.subscribe((frame) => this.#deliver(frame));
      const unwatch = this.#options.hub.watchNewestRun(() => this.#hasMovedOn(runId) && leave());
      gone.addEventListener('abort', leave);
      this.#say({ type: 'live', seq: this.#sentSeq });
      if (gone.aborted) leave();
    });
  }

  #hasMovedOn(runId: string | undefined): boolean {
    return this.#followsLatest && this.#options.hub.newestRun !== runId;
  }

  #deliver({ seq, type, bytes }: Frame): void {
    if (seq <= this.#sentSeq) return;
    this.#sentSeq = seq;
    if (this.#types && !this.#types.has(type)) return;
    this.#peer.send(bytes);
    if (this.#peer.bufferedBytes > this.#options.limits.slowBufferedBytes) this.#peer.close('slow');
  }

  #say(message: LiveControl): void {
    this.#peer.send(encode(message));
  }
}
