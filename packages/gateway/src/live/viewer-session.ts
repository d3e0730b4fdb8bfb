import {
  encode,
  type LiveControl,
  type LiveHello,
  type LiveQuery,
  liveSubprotocols,
  type RunSummary,
} from '@mnist-monitor/shared';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Peer } from '../sockets/peer.ts';
import { DamagedRunError } from '../store/damaged-run.ts';
import { type HealthCheckedStore, storeStateMessage } from '../store/health-checked-store.ts';
import type { ClientRights } from '../trust/authorization.ts';
import { version } from '../version.ts';
import type { Channel } from './channel.ts';
import type { Hub } from './hub.ts';
import { forVersion1 } from './version-1.ts';
import { type StreamContext, type StreamViewer, ViewerStream } from './viewer-stream.ts';

export interface Viewer extends StreamViewer {
  query: LiveQuery;
  rights: Pick<ClientRights, 'access' | 'offReason'>;
  /** Called before each `hello`, with the id of the run that it announces; with undefined when there is no run. */
  onRun?: (runId: string | undefined) => void;
}

/** What the sessions of all viewers share. */
export interface ViewerContext extends StreamContext {
  hub: Hub;
  /** Resolves with the summary of a run for viewers; with undefined when there is no such run. */
  summaryOf: (runId: string) => Promise<RunSummary | undefined>;
  idleTrainers: Pick<IdleTrainers, 'count'>;
  health: Pick<HealthCheckedStore, 'failure'>;
}

/** Returns the run that a viewer asks for, which may not exist; undefined when there is no run. */
export const requestedRun = (
  { run, afterRun }: Pick<LiveQuery, 'run' | 'afterRun'>,
  { newestRunId }: Pick<Hub, 'newestRunId'>,
): string | undefined => (run === 'latest' ? (afterRun ?? newestRunId) : run);

/**
 * Serves one viewer until its connection closes. Sends the hello, the past events and the live events of a run, and of
 * each newer run when the viewer follows `latest`. When the run has another stream, the viewer gets another hello.
 */
export function serveViewer(viewer: Viewer, context: ViewerContext): Promise<void> {
  return new ViewerSession(viewer, context).run();
}

/** A run to follow. */
interface OpenRun {
  channel: Channel | undefined;
  summary: RunSummary | undefined;
}

/** The seq after which a viewer gets the events of a run, and the reason if that is not the viewer's own position. */
type Start = Pick<LiveHello, 'restart'> & { after: number };

class ViewerSession {
  readonly #viewer: Viewer;
  readonly #context: ViewerContext;
  readonly #peer: Peer;
  readonly #followsLatest: boolean;
  /** The viewer's position in one run; every other run is sent from its beginning. */
  #position: { runId: string | undefined; stream: string | undefined; after: number };
  /** The size of the broadcasts that were sent since the viewer last had read everything. */
  #unreadBroadcastBytes = 0;
  /** Ends the broadcasts to this viewer; undefined until the first hello, which has to be the first message. */
  #leaveHub: (() => void) | undefined;

  constructor(viewer: Viewer, context: ViewerContext) {
    const { query, peer } = viewer;
    const { hub } = context;
    this.#viewer = viewer;
    this.#context = context;
    this.#peer = peer;
    this.#followsLatest = query.run === 'latest';
    this.#position = { runId: requestedRun(query, hub), stream: query.stream, after: query.after };
  }

  async run(): Promise<void> {
    await this.#followRuns().finally(() => this.#leaveHub?.());
  }

  async #followRuns(): Promise<void> {
    let runId = await this.#firstRun();
    while (!this.#peer.isClosed) {
      const stream = await this.#begin(runId);
      if (this.#peer.isClosed) return;
      await this.#followRun(runId, stream);
      this.#position = { runId, stream: stream?.id, after: stream?.seq ?? 0 };
      if (this.#followsLatest) runId = this.#context.hub.newestRunId;
    }
  }

  /**
   * Sends the hello of a run, and returns its stream; undefined when there is no run. Closes the connection of a viewer that
   * cannot read the run. Reads the summary here and not in `#followRuns`, which would keep it in memory while the run is followed.
   */
  async #begin(runId: string | undefined): Promise<ViewerStream | undefined> {
    const { channel, summary } = await this.#open(runId);
    if (this.#needsUpgrade(channel, summary)) {
      this.#closeForUpgrade(runId);
      return undefined;
    }
    const start = this.#startOf(runId, summary);
    const stream = channel && new ViewerStream(this.#viewer, { channel, after: start.after }, this.#context);
    this.#sendHello(summary, start);
    return stream;
  }

  /** Returns the run to begin with; undefined when there is no run. Closes the connection if the requested run is unknown. */
  async #firstRun(): Promise<string | undefined> {
    const { runId } = this.#position;
    const isKnown = runId !== undefined && (await this.#context.store.lastSeq(runId)) > 0;
    if (isKnown) return runId;
    if (!this.#followsLatest) this.#peer.close('runNotFound', `There is no run ${runId}.`);
    return this.#context.hub.newestRunId;
  }

  /**
   * Returns the channel and the summary of a run, both of the same stream; neither when there is no such run, or when the
   * latest run is damaged.
   */
  async #open(runId: string | undefined): Promise<OpenRun> {
    try {
      return await this.#openReadable(runId);
    } catch (error) {
      // A viewer of the latest run waits for the next one instead.
      if (this.#followsLatest && error instanceof DamagedRunError)
        return { channel: undefined, summary: undefined };
      throw error;
    }
  }

  async #openReadable(runId: string | undefined): Promise<OpenRun> {
    const { hub, summaryOf } = this.#context;
    for (;;) {
      const channel = runId === undefined ? undefined : await hub.channel(runId);
      const summary = runId === undefined ? undefined : await summaryOf(runId);
      this.#viewer.onRun?.(runId);
      const isConsistent = channel?.stream === summary?.stream;
      if (channel === undefined || isConsistent || this.#peer.isClosed) return { channel, summary };
      await hub.verify(channel.runId);
    }
  }

  /** Returns the seq after which the viewer gets a run's events: its position if that is of this stream and not beyond the end. */
  #startOf(runId: string | undefined, summary: RunSummary | undefined): Start {
    const { runId: knownRun, stream, after } = this.#position;
    if (!summary || knownRun !== runId || after === 0) return { after: 0 };
    // A viewer that names no stream may have the events of this run, or may want only those after a later seq.
    if (stream === undefined) return { after };
    if (stream !== summary.stream) return { after: 0, restart: 'otherStream' };
    return after > summary.lastSeq ? { after: 0, restart: 'beyondEnd' } : { after };
  }

  #needsUpgrade(channel: Channel | undefined, summary: RunSummary | undefined): boolean {
    return Math.max(channel?.version ?? 1, summary?.version ?? 1) > this.#viewer.version;
  }

  #closeForUpgrade(runId: string | undefined): void {
    this.#peer.close(
      'upgradeRequired',
      `Run ${runId} needs version 2 of the protocol: offer the subprotocol ${liveSubprotocols[0]}.`,
    );
  }

  #sendHello(run: RunSummary | undefined, { after, restart }: Start): void {
    const { hub, limits, idleTrainers, health } = this.#context;
    const { rights } = this.#viewer;
    this.#send({
      type: 'hello',
      server: version,
      run: run ?? null,
      after,
      ...(restart && { restart }),
      heartbeatMs: limits.heartbeatMs,
      commands: rights.access,
      ...(rights.offReason !== undefined && { commandsOffReason: rights.offReason }),
      waitingTrainers: idleTrainers.count,
    });
    if (health.failure) this.#send(storeStateMessage(health.failure));
    this.#leaveHub ??= hub.addViewer((frame) => this.#sendBroadcast(frame), this.#viewer.version);
  }

  /**
   * Sends a broadcast. No broadcast may be skipped, since no later one may replace it, so a viewer that leaves more than
   * `unreadBroadcastBytes` of them unread is disconnected.
   */
  #sendBroadcast(frame: Buffer): void {
    const { unreadBytes, unreadBroadcastBytes } = this.#context.limits;
    const { bufferedBytes } = this.#peer;
    this.#unreadBroadcastBytes = (bufferedBytes === 0 ? 0 : this.#unreadBroadcastBytes) + frame.length;
    if (bufferedBytes >= unreadBytes && this.#unreadBroadcastBytes > unreadBroadcastBytes)
      this.#peer.close('slow');
    else this.#peer.sendFrames(frame);
  }

  /** Follows a run. Alternates between past and live events: a viewer that reads too slowly falls back to past events. */
  async #followRun(runId: string | undefined, stream: ViewerStream | undefined): Promise<void> {
    // The run may have been removed since #firstRun; a viewer of the latest run moves on to the newest one instead.
    if (stream?.lastSeq === 0 && (await this.#closeIfDeleted(runId))) return;
    const hasEnded = (): boolean =>
      this.#peer.isClosed || stream?.isRemoved === true || stream?.needsUpgrade === true;
    for (;;) {
      // No event is lost: nothing is awaited between the last check of the channel and the subscription in #goLive.
      while (stream?.isBehind && !hasEnded()) await stream.sendNext();
      if (hasEnded() || this.#hasNewerRun(runId)) break;
      await this.#goLive(runId, stream);
    }
    if (stream?.isRemoved) await this.#closeIfDeleted(runId);
    else if (stream?.needsUpgrade) this.#closeForUpgrade(runId);
  }

  /** Closes the connection of a viewer that follows one run if that was deleted. Returns whether the connection was closed. */
  async #closeIfDeleted(runId: string | undefined): Promise<boolean> {
    if (this.#followsLatest || runId === undefined) return false;
    if ((await this.#context.store.lastSeq(runId)) > 0) return false;
    this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
    return true;
  }

  /** Sends live events until the connection closes, a newer run begins, or the viewer has to catch up first. */
  #goLive(runId: string | undefined, stream: ViewerStream | undefined): Promise<void> {
    const { hub } = this.#context;
    const peer = this.#peer;
    return new Promise((resolve) => {
      const leave = (): void => {
        unsubscribe?.();
        removeListener();
        removeCloseListener();
        resolve();
      };
      const unsubscribe = stream?.goLive(leave);
      const removeListener = hub.onNewestRunChange(() => this.#hasNewerRun(runId) && leave());
      const removeCloseListener = peer.onClose(leave);
      this.#send({ type: 'live', seq: stream?.seq ?? 0 });
      if (peer.isClosed) leave();
    });
  }

  /** Returns whether the viewer follows `latest` and another run is the newest. */
  #hasNewerRun(runId: string | undefined): boolean {
    return this.#followsLatest && this.#context.hub.newestRunId !== runId;
  }

  #send(message: LiveControl): void {
    this.#peer.send(encode(this.#viewer.version === 1 ? forVersion1(message) : message));
  }
}
