import { encode, type LiveControl, type LiveQuery, type RunSummary } from '@mnist-monitor/shared';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Peer } from '../sockets/peer.ts';
import { type HealthCheckedStore, storeStateMessage } from '../store/health-checked-store.ts';
import type { ClientRights } from '../trust/authorization.ts';
import { version } from '../version.ts';
import type { Channel } from './channel.ts';
import type { Hub } from './hub.ts';
import { ViewerStream, type ViewerStreamOptions } from './viewer-stream.ts';

export interface ViewerSessionOptions extends Omit<ViewerStreamOptions, 'channel' | 'after'> {
  query: LiveQuery;
  hub: Hub;
  /** Resolves with the summary of a run for viewers; with undefined when there is no such run. */
  summaryOf: (runId: string) => Promise<RunSummary | undefined>;
  rights: Pick<ClientRights, 'access' | 'offReason'>;
  idleTrainers: Pick<IdleTrainers, 'count'>;
  health: Pick<HealthCheckedStore, 'failure'>;
  /** Called before each `hello`, with the id of the run that it announces; with undefined when there is no run. */
  onRun?: (runId: string | undefined) => void;
}

/**
 * Serves one viewer until its connection closes. Sends the hello, the past events and the live events of a run, and of
 * each newer run when the viewer follows `latest`.
 */
export function serveViewer(options: ViewerSessionOptions): Promise<void> {
  return new ViewerSession(options).run();
}

class ViewerSession {
  readonly #options: ViewerSessionOptions;
  readonly #peer: Peer;
  readonly #followsLatest: boolean;
  /** The run and seq after which the viewer resumes; any other run is sent from its beginning. */
  readonly #resume: { runId: string | undefined; after: number };
  /** The size of the broadcasts since the viewer had last read everything. */
  #unreadBroadcastBytes = 0;
  /** Ends the broadcasts to this viewer; undefined until the first hello, which has to be the first message. */
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

  /** Returns the run to begin with; undefined when there is no run. Closes the connection if the requested run is unknown. */
  async #firstRun(): Promise<string | undefined> {
    const { runId } = this.#resume;
    const isKnown = runId !== undefined && (await this.#options.store.lastSeq(runId)) > 0;
    if (isKnown) return runId;
    if (!this.#followsLatest) this.#peer.close('runNotFound', `There is no run ${runId}.`);
    return this.#options.hub.newestRunId;
  }

  async #sendHello(runId: string | undefined): Promise<void> {
    const { hub, summaryOf, limits, rights, idleTrainers, health, onRun } = this.#options;
    const run = runId === undefined ? undefined : await summaryOf(runId);
    onRun?.(runId);
    this.#send({
      type: 'hello',
      server: version,
      run: run ?? null,
      heartbeatMs: limits.heartbeatMs,
      commands: rights.access,
      ...(rights.offReason !== undefined && { commandsOffReason: rights.offReason }),
      waitingTrainers: idleTrainers.count,
    });
    if (health.failure) this.#send(storeStateMessage(health.failure));
    this.#leaveHub ??= hub.addViewer((frame) => this.#announce(frame));
  }

  /**
   * Sends a broadcast. No broadcast may be skipped, since no later one may replace it, so a viewer that leaves more than
   * `announcementBytes` of them unread is disconnected.
   */
  #announce(frame: Buffer): void {
    const { unreadBytes, announcementBytes } = this.#options.limits;
    const { bufferedBytes } = this.#peer;
    this.#unreadBroadcastBytes = (bufferedBytes === 0 ? 0 : this.#unreadBroadcastBytes) + frame.length;
    if (bufferedBytes >= unreadBytes && this.#unreadBroadcastBytes > announcementBytes)
      this.#peer.close('slow');
    else this.#peer.sendFrames(frame);
  }

  /** Follows a run. Alternates between past and live events: a viewer that reads too slowly falls back to past events. */
  async #followRun(runId: string | undefined): Promise<void> {
    const { hub, store } = this.#options;
    const channel = runId === undefined ? undefined : await hub.channel(runId);
    // The run may have been removed since #firstRun; a viewer of the latest run moves on to the newest one instead.
    if (channel?.lastSeq === 0 && !this.#followsLatest && (await store.lastSeq(channel.runId)) === 0)
      return this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
    const stream = channel && this.#streamOf(channel);
    const hasEnded = (): boolean => this.#peer.closed.aborted || channel?.isRemoved === true;
    for (;;) {
      // No event is lost: nothing is awaited between the last check of the channel and the subscription in #goLive.
      while (stream?.isBehind && !hasEnded()) await stream.sendNext();
      if (hasEnded() || this.#hasNewerRun(runId)) break;
      await this.#goLive(runId, stream);
    }
    if (channel?.isRemoved && !this.#followsLatest)
      this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
  }

  #streamOf(channel: Channel): ViewerStream {
    const after = channel.runId === this.#resume.runId ? this.#resume.after : 0;
    return new ViewerStream({ ...this.#options, channel, after });
  }

  /** Sends live events until the connection closes, a newer run begins, or the viewer has to catch up first. */
  #goLive(runId: string | undefined, stream: ViewerStream | undefined): Promise<void> {
    const { hub } = this.#options;
    const { closed } = this.#peer;
    return new Promise((resolve) => {
      const leave = (): void => {
        unsubscribe?.();
        removeListener();
        closed.removeEventListener('abort', leave);
        resolve();
      };
      const unsubscribe = stream?.goLive(leave);
      const removeListener = hub.onNewestRunChange(() => this.#hasNewerRun(runId) && leave());
      closed.addEventListener('abort', leave);
      this.#send({ type: 'live', seq: stream?.seq ?? 0 });
      if (closed.aborted) leave();
    });
  }

  /** Returns whether the viewer follows `latest` and another run is the newest. */
  #hasNewerRun(runId: string | undefined): boolean {
    return this.#followsLatest && this.#options.hub.newestRunId !== runId;
  }

  #send(message: LiveControl): void {
    this.#peer.send(encode(message));
  }
}
