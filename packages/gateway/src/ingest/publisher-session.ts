import {
  type Command,
  type CommandResult,
  canonicalBatchVersion,
  commandFailure,
  type DecodeFailure,
  encode,
  eventSchema,
  formatIssues,
  type IngestServerMessage,
  ingestMessageSchema,
  type MonitorEvent,
  type ProtocolVersion,
  type PublisherHello,
  parseJson,
  validate,
  version1IngestMessageSchema,
  versionOfEvent,
} from '@mnist-monitor/shared';
import { isAboutRun } from '../commands/router.ts';
import { jsonIssue } from '../json-issue.ts';
import type { PublisherConnection } from '../presence/publishers.ts';
import type { Peer } from '../sockets/peer.ts';
import { ignoreDamage } from '../store/damaged-run.ts';
import { OtherStreamError, SeqGapError } from '../store/event-rules.ts';
import { closeCodeAfter, isStoreError, publicMessage } from '../store/health-checked-store.ts';
import { type NewEvent, type StreamPosition, toNewEvent } from '../store/store.ts';
import { isSameRun, newStreamId } from '../store/stream-id.ts';
import { checkPublished, type PublishedEvent } from './published-event.ts';
import { toRejection } from './rejection.ts';
import type { RunBounds } from './run-bounds.ts';
import { RunWriter } from './run-writer.ts';
import type { SessionContext, SessionHandler } from './session-context.ts';

/** The session of a publisher after its hello: the publisher receives `resume`, sends events and receives `ack`s. */
export class PublisherSession implements SessionHandler {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #runId: string;
  /** The stream and the last acknowledged seq that the publisher knows, from its hello. */
  readonly #knownPosition: Pick<PublisherHello, 'stream' | 'acknowledged'>;
  readonly #connection: PublisherConnection;
  readonly #protocol: ProtocolVersion;
  /** The version of the protocol that the events accepted so far need, stored ones included. */
  #runVersion: ProtocolVersion = 1;
  readonly #messageSchema: typeof ingestMessageSchema | typeof version1IngestMessageSchema;
  #writer: RunWriter | undefined;
  #bounds: RunBounds | undefined;
  /** Whether `run.finished` is the last event of the run. */
  #hasEnded = false;
  /**
   * The reasons why reading from the connection is paused: the disk is too slow, or the publisher does not read
   * replies.
   */
  readonly #pauseReasons = new Set<'disk' | 'publisher'>();

  constructor(context: SessionContext, peer: Peer, hello: PublisherHello) {
    const { protocol, runId, publisherId, commands } = hello;
    this.#context = context;
    this.#peer = peer;
    this.#runId = runId;
    this.#knownPosition = hello;
    this.#protocol = protocol;
    this.#messageSchema = protocol === 1 ? version1IngestMessageSchema : ingestMessageSchema;
    const now = performance.now();
    this.#connection = {
      publisherId,
      commands,
      presence: { publisherId, connectedAt: now, lastMessageAt: now, disconnectedAt: undefined },
      send: (command) => this.#sendCommand(command),
      closeAsReplaced: () => peer.close('replaced'),
      closeAsTaken: () => peer.close('runTaken'),
      settled: () => this.settled(),
    };
  }

  /** Claims the run and sends the seq after which the publisher resumes. Closes the connection when that fails. */
  async open(): Promise<void> {
    const { publishers, router, health, hub, onUnexpectedError } = this.#context;
    const peer = this.#peer;
    if (health.failure) return this.#peer.close('storeUnavailable', publicMessage(health.failure));
    const claim = publishers.claim(this.#runId, this.#connection);
    if (claim.taken) return this.#peer.close('runTaken');
    peer.onClose(() => publishers.markDisconnected(this.#runId, this.#connection));
    const checkLoss = (): void =>
      void this.#closeAfterLoss().catch((error) => isStoreError(error) || onUnexpectedError(error));
    let hasChanged = false;
    const noteChange = (runId: string): void => {
      if (runId !== this.#runId) return;
      hasChanged = true;
      checkLoss();
    };
    peer.onClose(hub.onStreamChange(noteChange));
    try {
      await claim.previous?.settled();
      await this.#resume();
    } catch (error) {
      this.#release();
      if (isStoreError(error)) return this.#peer.close(closeCodeAfter(error), publicMessage(error));
      throw error;
    }
    if (peer.isClosed) return this.#release();
    const detach = router.attach(this.#connection);
    peer.onClose(async () => {
      detach();
      await this.settled();
      this.#release();
    });
    // The loss may have been detected between the read of the position and `resume`, which then names what is lost.
    if (hasChanged) checkLoss();
  }

  async #resume(): Promise<void> {
    const { store, hub } = this.#context;
    // Publishes stored events first, and loads the last ones into memory for viewers that reconnect.
    await hub.catchUp(this.#runId);
    const { stream: knownStream, acknowledged = 0 } = this.#knownPosition;
    const found = await store.position(this.#runId);
    const hasLostEvents = found && found.stream === knownStream && found.lastSeq < acknowledged;
    if (hasLostEvents) await hub.reportLoss(this.#runId, found, acknowledged);
    const position = hasLostEvents ? await store.position(this.#runId) : found;
    // A write that seemed to fail may still be stored later, under the stream id that the publisher knows. So a run that is not
    // stored gets an id of the same origin: for `isSameRun`, both belong to this run.
    const { stream, lastSeq, version } = position ?? {
      stream: newStreamId(knownStream),
      lastSeq: 0,
      version: 1 as const,
    };
    if (position && knownStream !== undefined && !isSameRun(stream, knownStream))
      return this.#peer.close(
        'otherRun',
        `Run ${this.#runId} was replaced by another one; choose another id.`,
      );
    this.#runVersion = version;
    this.#bounds = await this.#context.bounds.of(this.#runId, { stream, lastSeq });
    // Events can be appended to a run whose summary cannot be read; such a run counts as going on.
    const summary = position && (await store.summary(this.#runId).catch(ignoreDamage));
    this.#hasEnded = (summary?.finished ?? null) !== null;
    if (this.#peer.isClosed) return;
    this.#writer = this.#newWriter({ stream, lastSeq, version });
    this.#send({ type: 'resume', after: lastSeq, stream });
  }

  /**
   * Closes the connection if the store has lost events that it had confirmed, so that the publisher sends them again. Its next event
   * would be refused anyway, but a run that is paused may have none for hours.
   */
  async #closeAfterLoss(): Promise<void> {
    const writer = this.#writer;
    if (!writer || writer.committedSeq === 0) return;
    const position = await this.#context.store.position(this.#runId);
    if (position?.stream === writer.stream && position.lastSeq >= writer.committedSeq) return;
    const lastSeq = position?.lastSeq ?? 0;
    this.#peer.close('outOfOrder', `the store has lost events of run ${this.#runId} after seq ${lastSeq}`);
  }

  #release(): void {
    const hasBegun = (this.#writer?.lastSeq ?? 0) > 0;
    this.#context.publishers.release(this.#runId, this.#connection, { hasBegun });
  }

  /**
   * Receives an event or the result of a command. A publisher of version 1 may send fields of its own, and a name that only
   * version 2 has may be among them: an event that is none of version 2 for this reason is stored without its unknown fields, so
   * that its run can be read.
   */
  receive(text: string): void {
    const writer = this.#writer;
    if (!writer) return this.#peer.close('invalid', 'expected no message before "resume" was sent');
    this.#connection.presence.lastMessageAt = performance.now();
    const parsed = parseJson(text);
    if (!parsed.ok) return this.#reject(writer, parsed.error);
    const raw = parsed.value;
    // Most messages are batches in their usual form, which need no schema.
    const batchVersion = canonicalBatchVersion(raw);
    if (batchVersion !== undefined && batchVersion <= this.#protocol)
      return this.#receiveEvent(writer, { event: raw as MonitorEvent, text, version: batchVersion });
    const result = validate(this.#messageSchema, raw);
    if (!result.ok) this.#reject(writer, result.error);
    else if (result.value.type === 'commandResult') this.#receiveResult(result.value, text);
    else {
      const event = result.value;
      this.#receiveEvent(writer, {
        event,
        text: this.#protocol === 1 && !validate(eventSchema, raw).ok ? encode(event) : text,
        version: this.#versionOf(raw),
      });
    }
  }

  /**
   * Returns the version of the protocol that an event needs. Once the run has an event of version 2, the versions of later
   * events make no difference and are not determined.
   */
  #versionOf(raw: unknown): ProtocolVersion {
    return this.#protocol === 1 || this.#runVersion === 2 ? this.#runVersion : versionOfEvent(raw);
  }

  /** Resolves when every accepted event is durable, or the store has failed. */
  async settled(): Promise<void> {
    await this.#writer?.settled();
  }

  #newWriter({ stream, lastSeq, version }: StreamPosition): RunWriter {
    const { store, hub, limits, onUnexpectedError } = this.#context;
    const runId = this.#runId;
    return new RunWriter({
      runId,
      stream,
      lastSeq,
      version,
      store,
      hub,
      limits,
      onCommit: (seq) => this.#send({ type: 'ack', seq }),
      onBackpressure: (isHigh) => this.#setPaused('disk', isHigh),
      onFailure: (error) => {
        // The gateway logs a failing store once; a line for each publisher would hide all other lines.
        if (isStoreError(error)) return this.#peer.close(closeCodeAfter(error), publicMessage(error));
        // The store has lost events: after reconnecting, the publisher learns from `resume` which events to send again.
        if (error instanceof SeqGapError || error instanceof OtherStreamError)
          return this.#peer.close('outOfOrder', error.message);
        onUnexpectedError(error);
        this.#peer.close('internal');
      },
    });
  }

  /**
   * Sends a command to the publisher. A command about a run that has ended is refused: a publisher that does not compare the run would
   * apply it to its next run.
   */
  #sendCommand(command: Command): void {
    // An answer before `resume` would close the connection as invalid. The router sends the command again when the session is open.
    if (!this.#writer) return;
    if (!isAboutRun(command) || !this.#hasEnded) return this.#send(command);
    const refusal = commandFailure(command.id, 'command.refused', `run ${this.#runId} has ended`);
    return this.#context.router.receiveResult(refusal, this.#connection.publisherId);
  }

  #receiveResult(result: CommandResult, text: string): void {
    const { router, limits } = this.#context;
    const issue = jsonIssue(text, limits.jsonDepth);
    if (issue) this.#peer.close('invalid', `expected the answer to a command: ${formatIssues([issue])}`);
    else router.receiveResult(result, this.#connection.publisherId);
  }

  #receiveEvent(writer: RunWriter, published: PublishedEvent): void {
    const checked = checkPublished(published, this.#context.limits);
    const isNext = published.event.seq === writer.lastSeq + 1;
    const issues = (checked.ok && isNext && this.#bounds?.check(published.event)) || [];
    if (issues.length > 0) this.#reject(writer, { code: 'message.invalid', issues, raw: published.event });
    else if (checked.ok) this.#accept(writer, checked.value);
    else this.#reject(writer, checked.error);
  }

  /** Reports an invalid event to the publisher and stores a notice in its place. */
  #reject(writer: RunWriter, failure: DecodeFailure): void {
    const rejection = toRejection(failure);
    if (!rejection) {
      this.#peer.close('invalid', `expected an event: ${formatIssues(failure.issues)}`);
      return;
    }
    const { notice, reply } = rejection;
    if (notice.runId === this.#runId && notice.seq === writer.lastSeq + 1) {
      this.#context.metrics.rejected(failure.code);
      this.#send(reply);
      if (this.#peer.bufferedBytes >= this.#context.limits.unreadBytes) this.#waitForReader();
    }
    this.#accept(writer, toNewEvent(notice));
  }

  #accept(writer: RunWriter, encoded: NewEvent): void {
    const { runId, seq } = encoded.event;
    const expected = writer.lastSeq + 1;
    if (runId !== this.#runId)
      this.#peer.close('invalid', `expected an event of run ${this.#runId}, got one of ${runId}`);
    else if (seq > expected) this.#peer.close('outOfOrder', `expected seq ${expected}, got ${seq}`);
    else if (seq < expected) writer.acknowledge();
    else {
      if (encoded.version === 2) this.#runVersion = 2;
      this.#hasEnded = encoded.event.type === 'run.finished';
      writer.add(encoded);
    }
  }

  /** Reads no further events until the publisher has read the replies, which may be larger than its events. */
  async #waitForReader(): Promise<void> {
    if (this.#pauseReasons.has('publisher')) return;
    this.#setPaused('publisher', true);
    if (await this.#peer.drained(this.#context.limits.stallTimeoutMs)) this.#setPaused('publisher', false);
    else this.#peer.close('slow', 'The publisher reads no replies.');
  }

  /** Adds or removes a reason to pause reading. Reading resumes when no reason is left. */
  #setPaused(reason: 'disk' | 'publisher', isPaused: boolean): void {
    if (isPaused) this.#pauseReasons.add(reason);
    else this.#pauseReasons.delete(reason);
    if (this.#pauseReasons.size > 0) this.#peer.pause();
    else this.#peer.resume();
  }

  #send(reply: IngestServerMessage): void {
    this.#peer.send(encode(reply));
  }
}
