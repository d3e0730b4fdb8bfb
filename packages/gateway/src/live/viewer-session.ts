import {
  encode,
  type LiveControl,
  type LiveHello,
  type LiveQuery,
  liveSubprotocols,
  type ProtocolVersion,
  type RunSummary,
} from '@mnist-monitor/shared';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { StartingRuns } from '../presence/starting-runs.ts';
import type { Peer } from '../sockets/peer.ts';
import { DamagedRunError } from '../store/damaged-run.ts';
import { type HealthCheckedStore, storeStateMessage } from '../store/health-checked-store.ts';
import type { ClientRights } from '../trust/authorization.ts';
import { version } from '../version.ts';
import type { Channel } from './channel.ts';
import type { Hub, HubViewer } from './hub.ts';
import { forVersion1 } from './version-1.ts';
import { type StreamContext, type StreamOwner, type StreamViewer, ViewerStream } from './viewer-stream.ts';

export interface Viewer extends StreamViewer {
  query: LiveQuery;
  rights: Pick<ClientRights, 'access' | 'offReason'>;
}

/** The context that the sessions of all viewers share. */
export interface ViewerContext extends StreamContext {
  hub: Hub;
  /** Resolves with the summary of a run for viewers; with undefined when there is no such run. */
  summaryOf: (runId: string) => Promise<RunSummary | undefined>;
  idleTrainers: Pick<IdleTrainers, 'count'>;
  starts: Pick<StartingRuns, 'list'>;
  health: Pick<HealthCheckedStore, 'failure'>;
  /** Called when a viewer cannot be served, after which its session does nothing more. */
  onFailure: (error: unknown, peer: Peer) => void;
}

/** Returns the run that a viewer asks for, which may not exist; undefined when there is no run. */
export const requestedRun = (
  { run, afterRun }: Pick<LiveQuery, 'run' | 'afterRun'>,
  { newestRunId }: Pick<Hub, 'newestRunId'>,
): string | undefined => (run === 'latest' ? (afterRun ?? newestRunId) : run);

/** A run to follow. */
interface OpenRun {
  channel: Channel | undefined;
  summary: RunSummary | undefined;
}

/** The seq after which a viewer gets the events of a run, and the reason if that is not the viewer's own position. */
type Start = Pick<LiveHello, 'restart'> & { after: number };

/**
 * Serves one viewer until its connection closes. Sends the hello, the past events and the live events of a run, and of
 * each newer run when the viewer follows `latest`. When the run has another stream, the viewer gets another hello.
 *
 * While the viewer is live, which is nearly always, no promise of it is pending and nothing has a function of its own: both would take
 * some kilobytes of each viewer.
 */
export class ViewerSession implements HubViewer, StreamOwner {
  readonly #viewer: Viewer;
  readonly #context: ViewerContext;
  readonly #peer: Peer;
  readonly #followsLatest: boolean;
  /** The run that the viewer follows: at first the requested one, since a command may arrive before the hello. */
  #runId: string | undefined;
  /** The stream of the run; undefined before its hello, and if there is no run. */
  #stream: ViewerStream | undefined;
  /** The viewer's position in one run while no run is followed; every other run is sent from its beginning. */
  #position: { runId: string | undefined; stream: string | undefined; after: number } | undefined;
  #isLive = false;
  /** The size of the broadcasts that were sent since the viewer last had read everything. */
  #unreadBroadcastBytes = 0;

  constructor(viewer: Viewer, context: ViewerContext) {
    const { query, peer } = viewer;
    this.#viewer = viewer;
    this.#context = context;
    this.#peer = peer;
    this.#followsLatest = query.run === 'latest';
    this.#runId = requestedRun(query, context.hub);
    this.#position = { runId: this.#runId, stream: query.stream, after: query.after };
    peer.onClose(() => this.#end());
    this.#start(this.#begin());
  }

  get version(): ProtocolVersion {
    return this.#viewer.version;
  }

  get runId(): string | undefined {
    return this.#runId;
  }

  onNewestRunChange(): void {
    if (this.#hasNewerRun) this.onStreamEnd();
  }

  /** Ends live sending, and continues in a later step: the hub is in the middle of publishing. */
  onStreamEnd(): void {
    if (this.#pauseLive()) this.#start(Promise.resolve().then(() => this.#advance()));
  }

  #start(work: Promise<void>): void {
    work.catch((error) => this.#context.onFailure(error, this.#peer));
  }

  #end(): void {
    this.#pauseLive();
    this.#context.hub.removeViewer(this);
  }

  async #begin(): Promise<void> {
    await this.#open(await this.#firstRun());
    await this.#advance();
  }

  /**
   * Sends past events until the viewer is live, in this run or a newer one, or its connection closes. Called again when the viewer reads
   * too slowly, or when its run ends.
   */
  async #advance(): Promise<void> {
    while (!this.#peer.isClosed) {
      const stream = this.#stream;
      // No event is lost: nothing is awaited between the last check of the channel and the subscription in #goLive.
      while (stream?.isBehind && !this.#hasEnded) await stream.sendNext();
      if (!this.#hasEnded && !this.#hasNewerRun) return this.#goLive();
      if (stream?.isRemoved) await this.#closeIfDeleted();
      else if (stream?.needsUpgrade) this.#closeForUpgrade();
      if (this.#peer.isClosed) return;
      this.#position = { runId: this.#runId, stream: stream?.id, after: stream?.seq ?? 0 };
      await this.#open(this.#followsLatest ? this.#context.hub.newestRunId : this.#runId);
    }
  }

  /** Whether nothing more of the run is sent. */
  get #hasEnded(): boolean {
    return this.#peer.isClosed || this.#stream?.isRemoved === true || this.#stream?.needsUpgrade === true;
  }

  /** Whether the viewer follows `latest` and another run is the newest. */
  get #hasNewerRun(): boolean {
    return this.#followsLatest && this.#context.hub.newestRunId !== this.#runId;
  }

  /**
   * Sends the hello of a run, or that there is none, and opens its stream. Closes the connection of a viewer that cannot read the run.
   * Reads the summary here and not in a method that runs for longer, which would keep it in memory.
   */
  async #open(runId: string | undefined): Promise<void> {
    if (this.#peer.isClosed) return;
    const { channel, summary } = await this.#openRun(runId);
    this.#stream = undefined;
    if (this.#peer.isClosed) return;
    if (this.#needsUpgrade(channel, summary)) return this.#closeForUpgrade();
    const start = this.#startOf(runId, summary);
    this.#stream = channel && new ViewerStream(this.#viewer, { channel, after: start.after }, this.#context);
    this.#sendHello(summary, start);
    // The run may have been removed since #firstRun; a viewer of the latest run moves on to the newest one instead.
    if (this.#stream?.lastSeq === 0) await this.#closeIfDeleted();
  }

  /** Returns the run to begin with; undefined when there is no run. Closes the connection if the requested run is unknown. */
  async #firstRun(): Promise<string | undefined> {
    const runId = this.#runId;
    const isKnown = runId !== undefined && (await this.#context.hub.hasRun(runId));
    if (isKnown) return runId;
    if (!this.#followsLatest) this.#peer.close('runNotFound', `There is no run ${runId}.`);
    return this.#context.hub.newestRunId;
  }

  /**
   * Returns the channel and the summary of a run, both of the same stream; neither when there is no such run, or when the
   * latest run is damaged.
   */
  async #openRun(runId: string | undefined): Promise<OpenRun> {
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
      this.#runId = runId;
      const isConsistent = channel?.stream === summary?.stream;
      if (channel === undefined || isConsistent || this.#peer.isClosed) return { channel, summary };
      await hub.verify(channel.runId);
    }
  }

  /** Returns the seq after which the viewer gets a run's events: its position if that is of this stream and not beyond the end. */
  #startOf(runId: string | undefined, summary: RunSummary | undefined): Start {
    const { runId: knownRun, stream, after } = this.#position ?? { after: 0 };
    if (!summary || knownRun !== runId || after === 0) return { after: 0 };
    // A viewer that names no stream may have the events of this run, or may want only those after a later seq.
    if (stream === undefined) return { after };
    if (stream !== summary.stream) return { after: 0, restart: 'otherStream' };
    return after > summary.lastSeq ? { after: 0, restart: 'beyondEnd' } : { after };
  }

  #needsUpgrade(channel: Channel | undefined, summary: RunSummary | undefined): boolean {
    return Math.max(channel?.version ?? 1, summary?.version ?? 1) > this.#viewer.version;
  }

  #closeForUpgrade(): void {
    this.#peer.close(
      'upgradeRequired',
      `Run ${this.#runId} needs version 2 of the protocol: offer the subprotocol ${liveSubprotocols[0]}.`,
    );
  }

  #sendHello(run: RunSummary | undefined, { after, restart }: Start): void {
    const { hub, limits, idleTrainers, starts, health } = this.#context;
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
      starting: starts.list,
    });
    if (health.failure) this.#send(storeStateMessage(health.failure));
    // Not earlier: the hello has to be the first message.
    if (!this.#peer.isClosed) hub.addViewer(this);
    hub.noteHello(run);
  }

  /**
   * Sends a broadcast. No broadcast may be skipped, since no later one may replace it, so a viewer that leaves more than
   * `unreadBroadcastBytes` of them unread is disconnected.
   */
  onBroadcast(frame: Buffer): void {
    const { unreadBytes, unreadBroadcastBytes } = this.#context.limits;
    const { bufferedBytes } = this.#peer;
    this.#unreadBroadcastBytes = (bufferedBytes === 0 ? 0 : this.#unreadBroadcastBytes) + frame.length;
    if (bufferedBytes >= unreadBytes && this.#unreadBroadcastBytes > unreadBroadcastBytes)
      this.#peer.close('slow');
    else this.#peer.sendFrames(frame);
  }

  /** Closes the connection of a viewer that follows one run if that was deleted. */
  async #closeIfDeleted(): Promise<void> {
    const runId = this.#runId;
    if (this.#followsLatest || runId === undefined) return;
    if ((await this.#context.store.lastSeq(runId)) > 0) return;
    this.#peer.close('runDeleted', `Run ${runId} was deleted.`);
  }

  /** Sends live events until the connection closes, a newer run begins, or the viewer has to catch up first. */
  #goLive(): void {
    this.#isLive = true;
    this.#position = undefined;
    this.#stream?.goLive(this);
    this.#send({ type: 'live', seq: this.#stream?.seq ?? 0 });
  }

  /** Ends live sending; returns whether the viewer was live. */
  #pauseLive(): boolean {
    const wasLive = this.#isLive;
    this.#isLive = false;
    if (wasLive) this.#stream?.leave();
    return wasLive;
  }

  #send(message: LiveControl): void {
    this.#peer.send(encode(this.#viewer.version === 1 ? forVersion1(message) : message));
  }
}
