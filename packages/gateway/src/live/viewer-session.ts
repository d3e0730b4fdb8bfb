import { encode, type LiveControl, type LiveQuery, type RunSummary } from '@mnist-monitor/shared';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Peer } from '../sockets/peer.ts';
import { type HealthCheckedStore, storeStateMessage } from '../store/health-checked-store.ts';
import type { CommandAuthorizer } from '../trust/authorization.ts';
import { version } from '../version.ts';
import type { Channel } from './channel.ts';
import type { Hub } from './hub.ts';
import { ViewerStream, type ViewerStreamOptions } from './viewer-stream.ts';

export interface ViewerSessionOptions extends Omit<ViewerStreamOptions, 'channel' | 'after'> {
  query: LiveQuery;
  hub: Hub;
  /** Resolves with a run's summary as viewers get it; with undefined when there is no such run. */
  summaryOf: (runId: string) => Promise<RunSummary | undefined>;
  authorizer: Pick<CommandAuthorizer, 'access'>;
  idleTrainers: Pick<IdleTrainers, 'count'>;
  health: Pick<HealthCheckedStore, 'failure'>;
  /** The run that is followed from here on; undefined while there is none. */
  onRun?: (runId: string | undefined) => void;
}

/** Serves one viewer: hello, history, live, and each new run when it follows the latest. Ends with the connection. */
export function serveViewer(options: ViewerSessionOptions): Promise<void> {
  return new ViewerSession(options).run();
}

class ViewerSession {
  readonly #options: ViewerSessionOptions;
  readonly #peer: Peer;
  readonly #followsLatest: boolean;
  /** The run and seq from which the viewer wants to go on; another run is sent from its beginning. */
  readonly #resume: { runId: string | undefined; after: number };
  /** Ends hearing what is announced to all; undefined before the first hello, which nothing comes before. */
  #leaveHub: (() => void) | undefined;

  constructor(options: ViewerSessionOptions) {
    const { query, hub, peer } = options;
    this.#options = options;
    this.#peer = peer;
    this.#followsLatest = query.run === 'latest';
    const runId = this.#followsLatest ? (query.afterRun ?? hub.newestRunId) : query.run;
    this.#resume = { runId, after: query.after };
  }

  async run(): Promise<void> {
    await this.#followRuns().finally(() => this.#leaveHub?.());
  }

  async #followRuns(): Promise<void> {
    let runId = await this.#firstRun();
    while (!this.#peer.closed.aborted) {
      await this.#sendHello(runId);
      await this.#followRun(runId);
      runId = this.#options.hub.newestRunId;
    }
  }

  /** The run to begin with; undefined while there is none. Closes the connection when there is no such run. */
  async #firstRun(): Promise<string | undefined> {
    const { runId } = this.#resume;
    const known = runId !== undefined && (await this.#options.store.lastSeq(runId)) > 0;
    if (known) return runId;
    if (!this.#followsLatest) this.#peer.close('runNotFound', `There is no run ${runId}.`);
    return this.#options.hub.newestRunId;
  }

  async #sendHello(runId: string | undefined): Promise<void> {
    const { hub, summaryOf, limits, authorizer, idleTrainers, health, onRun } = this.#options;
    const run = runId === undefined ? undefined : await summaryOf(runId);
    onRun?.(runId);
    this.#send({
      type: 'hello',
      server: version,
      run: run ?? null,
      heartbeatMs: limits.heartbeatMs,
      commands: authorizer.access,
      waitingTrainers: idleTrainers.count,
    });
    if (health.failure) this.#send(storeStateMessage(health.failure));
    this.#leaveHub ??= hub.addViewer((frame) => this.#peer.sendFrames(frame));
  }

  /** History and live in turns: a viewer that reads too slowly for live goes back to history. */
  async #followRun(runId: string | undefined): Promise<void> {
    const { hub, store } = this.#options;
    const channel = runId === undefined ? undefined : await hub.channel(runId);
    // Removed since it was looked for; a viewer of the latest hears that another is the newest.
    if (channel?.lastSeq === 0 && !this.#followsLatest && (await store.lastSeq(channel.runId)) === 0)
      return this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
    const delivery = channel && this.#streamOf(channel);
    const isOver = (): boolean => this.#peer.closed.aborted || channel?.isRemoved === true;
    for (;;) {
      // No await between the last look at the channel and the subscription in #goLive: no event falls between.
      while (delivery?.isBehind && !isOver()) await delivery.sendNext();
      if (isOver() || this.#isSuperseded(runId)) break;
      await this.#goLive(runId, delivery);
    }
    if (channel?.isRemoved && !this.#followsLatest)
      this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
  }

  #streamOf(channel: Channel): ViewerStream {
    const after = channel.runId === this.#resume.runId ? this.#resume.after : 0;
    return new ViewerStream({ ...this.#options, channel, after });
  }

  /** Sends what is published until the connection is gone, a newer run begins, or something has to be read first. */
  #goLive(runId: string | undefined, delivery: ViewerStream | undefined): Promise<void> {
    const { hub } = this.#options;
    const { closed: gone } = this.#peer;
    return new Promise((resolve) => {
      const leave = (): void => {
        unsubscribe?.();
        unwatch();
        gone.removeEventListener('abort', leave);
        resolve();
      };
      const unsubscribe = delivery?.goLive(leave);
      const unwatch = hub.onNewestRunChange(() => this.#isSuperseded(runId) && leave());
      gone.addEventListener('abort', leave);
      this.#send({ type: 'live', seq: delivery?.seq ?? 0 });
      if (gone.aborted) leave();
    });
  }

  #isSuperseded(runId: string | undefined): boolean {
    return this.#followsLatest && this.#options.hub.newestRunId !== runId;
  }

  #send(message: LiveControl): void {
    this.#peer.send(encode(message));
  }
}
