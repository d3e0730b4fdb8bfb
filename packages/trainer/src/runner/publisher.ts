import type { CloseCodeName, Command, IngestServerMessage } from '@mnist-monitor/shared';
import type { EventLog } from '../storage/event-log.ts';
import { type CommandTarget, GatewayLink, type Identity, linkLimits } from './gateway-link.ts';

/** Why a run is not published: a close code of the gateway, or that it holds more of the run than this process has. */
export type Refusal = CloseCodeName | 'unknown' | 'runExists';

export interface PublisherOptions {
  identity: Identity;
  log: EventLog;
  /** Where the commands for this run go. */
  commands: CommandTarget;
  /** Nothing more will be sent. */
  onRefused: (why: Refusal, reason: string) => void;
  /** The gateway left out an event that does not validate. */
  onReject: (reject: Extract<IngestServerMessage, { type: 'reject' }>) => void;
}

export const publisherLimits = {
  ...linkLimits,
  /** No answer to what was sent for this long: the gateway is stuck, so connect anew. */
  stuckMs: 30_000,
  /** Above this the socket's own queue is left to empty first; the log holds the rest. */
  bufferedBytes: 1024 * 1024,
  /** Events read from the log at a time. */
  pageSize: 128,
  /** In a hurry: how long to wait for a gateway that answers nothing … */
  drainMs: 5_000,
  /** … and for one that was never there. */
  absentMs: 1_000,
};

/**
 * Sends a run's log to the gateway: from wherever the gateway says it is, through restarts and cut connections, to
 * the end. It only reads the log, so training never waits for it and nothing is kept twice.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #limits: typeof publisherLimits;
  readonly #link: GatewayLink;
  /** The last seq handed to the socket; undefined until the gateway has said where to go on. */
  #sent: number | undefined;
  /** All that the gateway can have of this run: what was there when this process came to it, and what it has sent. */
  #known: number;
  #acknowledged = 0;
  #reached = false;
  #refused = false;
  #progress: (() => void) | undefined;

  constructor(options: PublisherOptions, limits = publisherLimits) {
    const { identity, log, commands } = options;
    this.#options = options;
    this.#limits = limits;
    this.#known = log.lastSeq;
    const link = {
      ...{ identity, commands },
      introduction: { type: 'hello', runId: log.runId } as const,
      onReply: (reply: Exclude<IngestServerMessage, Command>) => this.#receive(reply),
      onLost: () => this.#forget(),
      onRefused: (why: Refusal, reason: string) => this.#refuse(why, reason),
    };
    this.#link = new GatewayLink(link, limits);
  }

  /** The log has grown. */
  notify(): void {
    this.#pump();
  }

  /**
   * Waits until the gateway has everything and disconnects. In a hurry it gives up as soon as it is plain that the
   * gateway will not take it.
   * @param hurry Aborted when there is a hurry; from the beginning when left out.
   * @returns How many events were not acknowledged.
   */
  async close(hurry: AbortSignal = AbortSignal.abort()): Promise<number> {
    while (this.#pending > 0 && !this.#refused && (await this.#progressBefore(hurry))) this.#pump();
    this.#forget();
    await this.#link.close();
    return this.#pending;
  }

  get #pending(): number {
    return this.#options.log.lastSeq - this.#acknowledged;
  }

  /** Whether anything came from the gateway before the time of those in a hurry was over. */
  #progressBefore(hurry: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const hasten = (): void => {
        const patienceMs = this.#reached ? this.#limits.drainMs : this.#limits.absentMs;
        timer = setTimeout(() => end(false), patienceMs);
      };
      const end = (progress: boolean): void => {
        clearTimeout(timer);
        hurry.removeEventListener('abort', hasten);
        resolve(progress);
      };
      this.#progress = () => end(true);
      if (hurry.aborted) hasten();
      else hurry.addEventListener('abort', hasten);
    });
  }

  #receive(reply: Exclude<IngestServerMessage, Command>): void {
    switch (reply.type) {
      case 'resume':
        if (reply.after > this.#known) {
          void this.#link.close();
          const reason = `it holds ${reply.after} events of run ${this.#options.log.runId}, where ${this.#known} can be`;
          return this.#refuse('runExists', reason);
        }
        this.#reached = true;
        this.#sent = reply.after;
        this.#acknowledged = reply.after;
        break;
      case 'ack':
        this.#acknowledged = Math.max(this.#acknowledged, reply.seq);
        break;
      case 'reject':
        this.#options.onReject(reply);
        break;
    }
    this.#progress?.();
    this.#pump();
  }

  /** Hands events to the socket until its queue is full enough; goes on when that has emptied. */
  #pump(): void {
    const { log } = this.#options;
    if (this.#sent === undefined) return;
    while (this.#link.isOpen && this.#link.bufferedBytes < this.#limits.bufferedBytes) {
      const entries = log.read(this.#sent, this.#limits.pageSize);
      if (entries.length === 0) break;
      for (const { text } of entries.slice(0, -1)) this.#link.send(text);
      this.#link.send((entries.at(-1) as { text: string }).text, () => this.#pump());
      this.#sent += entries.length;
      this.#known = Math.max(this.#known, this.#sent);
    }
    if (this.#pending > 0) this.#link.expectAnswer(this.#limits.stuckMs);
  }

  #refuse(why: Refusal, reason: string): void {
    this.#refused = true;
    this.#forget();
    this.#options.onRefused(why, reason);
    this.#progress?.();
  }

  #forget(): void {
    this.#sent = undefined;
  }
}
