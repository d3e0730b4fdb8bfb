import { encode, type LiveControl, type LiveQuery, type RunSummary } from '@mnist-monitor/shared';
import type { WaitingTrainers } from '../presence/idle-trainers.ts';
import type { Peer } from '../sockets/peer.ts';
import { stateOf, type WatchedStore } from '../store/watched.ts';
import type { Authority } from '../trust/authority.ts';
import { version } from '../version.ts';
import type { Channel } from './channel.ts';
import { Delivery, type DeliveryOptions } from './delivery.ts';
import type { Hub } from './hub.ts';

export interface FollowOptions extends Omit<DeliveryOptions, 'channel' | 'after'> {
  query: LiveQuery;
  hub: Hub;
  /** Resolves with a run's summary as viewers get it; with undefined when there is no such run. */
  summaryOf: (runId: string) => Promise<RunSummary | undefined>;
  authority: Pick<Authority, 'access'>;
  trainers: Pick<WaitingTrainers, 'count'>;
  health: Pick<WatchedStore, 'trouble'>;
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
  readonly #followsLatest: boolean;
  /** The run and seq from which the viewer wants to go on; another run is sent from its beginning. */
  readonly #resume: { runId: string | undefined; after: number };
  /** Ends hearing what is announced to all; undefined before the first hello, which nothing comes before. */
  #leave: (() => void) | undefined;

  constructor(options: FollowOptions) {
    const { query, hub, peer } = options;
    this.#options = options;
    this.#peer = peer;
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
    const { hub, summaryOf, limits, authority, trainers, health, onRun } = this.#options;
    const run = runId === undefined ? undefined : await summaryOf(runId);
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
    const { hub, store } = this.#options;
    const channel = runId === undefined ? undefined : await hub.channel(runId);
    // Removed since it was looked for; a viewer of the latest hears that another is the newest.
    if (channel?.lastSeq === 0 && !this.#followsLatest && (await store.lastSeq(channel.runId)) === 0)
      return this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
    const delivery = channel && this.#deliver(channel);
    const isOver = (): boolean => this.#peer.gone.aborted || channel?.isRemoved === true;
    for (;;) {
      // No await between the last look at the channel and the subscription in #goLive: no event falls between.
      while (delivery?.isBehind && !isOver()) await delivery.sendNext();
      if (isOver() || this.#hasMovedOn(runId)) break;
      await this.#goLive(runId, delivery);
    }
    if (channel?.isRemoved && !this.#followsLatest)
      this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
  }

  #deliver(channel: Channel): Delivery {
    const after = channel.runId === this.#resume.runId ? this.#resume.after : 0;
    return new Delivery({ ...this.#options, channel, after });
  }

  /** Sends what is published until the connection is gone, a newer run begins, or something has to be read first. */
  #goLive(runId: string | undefined, delivery: Delivery | undefined): Promise<void> {
    const { hub } = this.#options;
    const { gone } = this.#peer;
    return new Promise((resolve) => {
      const leave = (): void => {
        unsubscribe?.();
        unwatch();
        gone.removeEventListener('abort', leave);
        resolve();
      };
      const unsubscribe = delivery?.goLive(leave);
      const unwatch = hub.watchNewestRun(() => this.#hasMovedOn(runId) && leave());
      gone.addEventListener('abort', leave);
      this.#say({ type: 'live', seq: delivery?.seq ?? 0 });
      if (gone.aborted) leave();
    });
  }

  #hasMovedOn(runId: string | undefined): boolean {
    return this.#followsLatest && this.#options.hub.newestRun !== runId;
  }

  #say(message: LiveControl): void {
    this.#peer.send(encode(message));
  }
}
