import type { CloseCodeName, Command, IngestServerMessage } from '@mnist-monitor/shared';
import type { EventLog } from '../storage/event-log.ts';
import {
  type AcceptedCommands,
  connectionLimits,
  type FirstMessage,
  GatewayConnection,
  type PublisherIdentity,
} from './gateway-connection.ts';

/**
 * Why a run is not published: the gateway's close code; `runExists` if the gateway has events of the run that this trainer
 * does not have; `logUnreadable` if the log can no longer be read.
 */
export type Refusal = CloseCodeName | 'unknown' | 'runExists' | 'logUnreadable';

/** Options of `Publisher`. */
export interface PublisherOptions {
  identity: PublisherIdentity;
  log: EventLog;
  commands: AcceptedCommands;
  /** Called when the run is refused: no more events are sent. */
  onRefused: (why: Refusal, reason: string) => void;
  /** Receives the reason why the gateway cannot be reached, and undefined when it can be reached again. */
  onProblem: (problem: string | undefined) => void;
  /** Whether the run is resumed: a connection of the earlier trainer may be open until the gateway closes it. */
  isResumed: boolean;
  /** Called after each connect, when the gateway has events of the run. */
  onStored?: () => void;
  /** Called with the number of acknowledged events that the gateway has lost; they are sent again. */
  onLoss: (count: number) => void;
  /** Called when the gateway rejects an event because it is invalid. */
  onReject: (reject: Extract<IngestServerMessage, { type: 'reject' }>) => void;
}

/** Timeouts in milliseconds, sizes in bytes, and numbers of events. */
export const publisherLimits = {
  ...connectionLimits,
  /** Time without a reply to sent events after which the gateway counts as stuck and the publisher reconnects. */
  stuckMs: 30_000,
  /** Number of unsent bytes above which sending waits until the socket's queue is empty; the log holds the rest. */
  bufferedBytes: 1024 * 1024,
  /** Time for which the first step of a run waits until the gateway has the run's first events: several round trips. */
  announceMs: 500,
  /** Events read from the log at once. */
  pageSize: 128,
  /** Time to wait for a reply after the abort of a delivery, if the gateway has accepted the run before. */
  drainMs: 5_000,
  /** Time to wait for a connection after the abort of a delivery, if the gateway has never accepted the run. */
  absentMs: 1_000,
  /**
   * Time to wait after the abort of a delivery while the gateway has another connection for the run: 30 s until it closes
   * that connection, 15 s until the next attempt, and 5 s for that attempt.
   */
  takenMs: 50_000,
};

/**
 * Sends the events of a run's log to the gateway. After each connect it continues after the last event that the
 * gateway has stored. The publisher only reads the log, so no step waits for the gateway, and events
 * are not copied to a second queue.
 * @example
 * const publisher = new Publisher({ identity, log, commands, isResumed, onRefused, onProblem, onLoss, onReject });
 * log.append(event);
 * publisher.sendPending();
 * const undelivered = await publisher.close(signal);
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #limits: typeof publisherLimits;
  readonly #connection: GatewayConnection;
  /** Seq of the last event passed to the socket; undefined until the gateway has sent its position. */
  #sent: number | undefined;
  /** The highest seq that the gateway can know: that of the last event logged before the start, or sent since. */
  #highestKnown: number;
  #acknowledged = 0;
  /** The stream of the run's events at the gateway; undefined before the first `resume`. */
  #stream: string | undefined;
  #wasAccepted = false;
  /** Whether `onStored` was called since the last connect. */
  #hasReportedStored = false;
  #isRefused = false;
  #onReply: (() => void) | undefined;
  #onDisconnect: (() => void) | undefined;

  constructor(options: PublisherOptions, limits = publisherLimits) {
    const { identity, log, commands } = options;
    this.#options = options;
    this.#limits = limits;
    this.#highestKnown = log.lastSeq;
    const connection = {
      identity,
      commands,
      firstMessage: () => this.#hello(),
      onReply: (reply: Exclude<IngestServerMessage, Command>) => this.#receive(reply),
      onDisconnect: () => {
        this.#resetPosition();
        this.#onDisconnect?.();
      },
      onProblem: options.onProblem,
      awaitRelease: options.isResumed,
      onRefused: (why: Refusal, reason: string) => this.#refuse(why, reason),
    };
    this.#connection = new GatewayConnection(connection, limits);
  }

  /** Sends events until the socket's queue is full, and the others when the queue is empty again. */
  sendPending(): void {
    if (this.#sent === undefined) return;
    while (this.#connection.isOpen && this.#connection.bufferedBytes < this.#limits.bufferedBytes) {
      const texts = this.#readLog(this.#sent);
      if (!texts) return;
      const last = texts.pop();
      if (last === undefined) break;
      for (const text of texts) this.#connection.send(text);
      this.#connection.send(last, () => this.sendPending());
      this.#sent += texts.length + 1;
      this.#highestKnown = Math.max(this.#highestKnown, this.#sent);
    }
    if (this.#pending > 0) this.#connection.expectReply(this.#limits.stuckMs);
  }

  /**
   * Resolves when the gateway has acknowledged the events so far, cannot be reached or refuses the run, at the latest after
   * `announceMs`. Connecting takes several turns of the event loop: where a step takes seconds and there is one turn after each, viewers
   * would learn of the run a minute late.
   */
  announced(): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#onReply = undefined;
        this.#onDisconnect = undefined;
        resolve();
      };
      const timer = setTimeout(settle, this.#limits.announceMs);
      const check = (): void => {
        if (this.#pending === 0 || this.#isRefused || this.problem !== undefined) settle();
      };
      this.#onReply = check;
      this.#onDisconnect = check;
      check();
    });
  }

  /**
   * Waits until the gateway has acknowledged all events, and disconnects.
   * @param abort Aborted when the process ends: from then on the wait ends after a time-out without a reply. Aborted from
   * the start by default.
   * @returns The number of events that were not acknowledged.
   */
  async close(abort: AbortSignal = AbortSignal.abort()): Promise<number> {
    while (this.#pending > 0 && !this.#isRefused && (await this.#nextReply(abort))) this.sendPending();
    this.#resetPosition();
    await this.#connection.close();
    return this.#pending;
  }

  /** Whether the gateway has accepted this publisher at least once. */
  get wasAccepted(): boolean {
    return this.#wasAccepted;
  }

  /** Why the gateway cannot be reached, in one clause; undefined when it can. */
  get problem(): string | undefined {
    return this.#connection.problem;
  }

  get #replyTimeoutMs(): number {
    const { drainMs, absentMs, takenMs } = this.#limits;
    if (this.#connection.isTaken) return takenMs;
    return this.#wasAccepted ? drainMs : absentMs;
  }

  get #pending(): number {
    return this.#options.log.lastSeq - this.#acknowledged;
  }

  /** Resolves with true at the next reply of the gateway, and with false at the time-out that `abort` starts. */
  #nextReply(abort: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const startTimeout = (): void => {
        timer = setTimeout(() => settle(false), this.#replyTimeoutMs);
      };
      const settle = (replied: boolean): void => {
        clearTimeout(timer);
        abort.removeEventListener('abort', startTimeout);
        resolve(replied);
      };
      this.#onReply = () => settle(true);
      if (abort.aborted) startTimeout();
      else abort.addEventListener('abort', startTimeout);
    });
  }

  #receive(reply: Exclude<IngestServerMessage, Command>): void {
    switch (reply.type) {
      case 'resume':
        if (!this.#resume(reply)) return;
        break;
      case 'ack':
        // An ack of events that were not sent does not count, so that they are still sent.
        this.#acknowledged = Math.max(this.#acknowledged, Math.min(reply.seq, this.#sent ?? 0));
        break;
      case 'reject':
        this.#options.onReject(reply);
        break;
    }
    if (this.#acknowledged > 0 && !this.#hasReportedStored) {
      this.#hasReportedStored = true;
      this.#options.onStored?.();
    }
    this.#onReply?.();
    this.sendPending();
  }

  /** Continues after the events that the gateway has. Returns false if these are more than this trainer can have sent. */
  #resume({ after, stream }: Extract<IngestServerMessage, { type: 'resume' }>): boolean {
    if (after > this.#highestKnown) {
      const { runId } = this.#options.log;
      void this.#connection.close();
      this.#refuse(
        'runExists',
        `it has ${after} events of run ${runId}, this trainer only ${this.#highestKnown}`,
      );
      return false;
    }
    const lost = this.#acknowledged - after;
    this.#wasAccepted = true;
    this.#stream = stream;
    this.#sent = after;
    this.#acknowledged = after;
    if (lost > 0) this.#options.onLoss(lost);
    return true;
  }

  #hello(): FirstMessage {
    const { runId } = this.#options.log;
    const position = this.#stream !== undefined && { stream: this.#stream, acknowledged: this.#acknowledged };
    return { type: 'hello', runId, ...position };
  }

  /** Reads the next events. When the log cannot be read, publishing ends and the result is undefined; training continues. */
  #readLog(after: number): string[] | undefined {
    try {
      return this.#options.log.read(after, this.#limits.pageSize);
    } catch (error) {
      void this.#connection.close();
      this.#refuse('logUnreadable', (error as Error).message);
      return undefined;
    }
  }

  #refuse(why: Refusal, reason: string): void {
    this.#isRefused = true;
    this.#resetPosition();
    this.#options.onRefused(why, reason);
    this.#onReply?.();
  }

  #resetPosition(): void {
    this.#sent = undefined;
    this.#hasReportedStored = false;
  }
}
