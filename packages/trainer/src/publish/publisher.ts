import { randomUUID } from 'node:crypto';
import {
  backoffMs,
  type CloseName,
  closeCodes,
  closeName,
  decode,
  encode,
  type IngestReply,
  ingestProtocol,
  ingestReply,
  mayRetry,
} from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import type { EventLog } from '../run/event-log.ts';

export interface PublisherOptions {
  /** The gateway's ingest address, for example `ws://127.0.0.1:5001/ingest`. */
  url: string;
  log: EventLog;
  token?: string | undefined;
  /** The gateway does not want this publisher; nothing more will be sent. */
  onRefused: (why: CloseName | 'unknown', reason: string) => void;
  /** The gateway left out an event that does not validate. */
  onReject: (reject: Extract<IngestReply, { type: 'reject' }>) => void;
}

export const publisherLimits = {
  /** How long the upgrade and the answer to hello may take each. */
  handshakeMs: 5_000,
  /** No answer to what was sent for this long: the gateway is stuck, so connect anew. */
  silenceMs: 30_000,
  /** Above this the socket's own queue is left to empty first; the log holds the rest. */
  bufferedBytes: 1024 * 1024,
  /** Events read from the log at a time. */
  pageSize: 128,
  /** At the end: how long to wait for a gateway that answers nothing … */
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
  readonly #publisherId = randomUUID();
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #attempt = 0;
  /** The last seq handed to the socket; undefined until the gateway has said where to go on. */
  #sent: number | undefined;
  #acknowledged = 0;
  #reached = false;
  #refused = false;
  #progress: (() => void) | undefined;

  constructor(options: PublisherOptions, limits = publisherLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#connect();
  }

  /** The log has grown. */
  notify(): void {
    this.#pump();
  }

  /**
   * Waits until the gateway has everything, or until it is plain that it will not take it, and disconnects.
   * @returns How many events were not acknowledged.
   */
  async close(): Promise<number> {
    while (this.#pending > 0 && !this.#refused && (await this.#progressWithin())) this.#pump();
    clearTimeout(this.#retry);
    this.#disconnect(closeCodes.normal.code);
    return this.#pending;
  }

  get #pending(): number {
    return this.#options.log.lastSeq - this.#acknowledged;
  }

  /** Whether anything came from the gateway before the time was over. */
  #progressWithin(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => resolve(false),
        this.#reached ? this.#limits.drainMs : this.#limits.absentMs,
      );
      this.#progress = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #connect(): void {
    const socket = new WebSocket(this.#options.url, {
      perMessageDeflate: false,
      handshakeTimeout: this.#limits.handshakeMs,
      maxPayload: 64 * 1024,
    });
    this.#socket = socket;
    socket.on('open', () => {
      const { log, token } = this.#options;
      const hello = {
        type: 'hello',
        protocol: ingestProtocol,
        runId: log.runId,
        publisherId: this.#publisherId,
      };
      socket.send(encode(token === undefined ? hello : { ...hello, token }));
      this.#expectAnswer(this.#limits.handshakeMs);
    });
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('close', (code, reason) => this.#lost(socket, code, String(reason)));
    socket.on('error', () => {}); // `close` follows and says all that matters.
  }

  #receive(text: string): void {
    const result = decode(ingestReply, text);
    if (!result.ok) {
      this.#disconnect(closeCodes.invalid.code);
      return this.#refuse('invalid', 'the gateway answered something that is not the protocol');
    }
    const reply = result.value;
    this.#expectNothing();
    switch (reply.type) {
      case 'resume':
        this.#attempt = 0;
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
    const socket = this.#socket;
    if (!socket || this.#sent === undefined) return;
    while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < this.#limits.bufferedBytes) {
      const entries = this.#options.log.read(this.#sent, this.#limits.pageSize);
      if (entries.length === 0) break;
      for (const { text } of entries.slice(0, -1)) socket.send(text);
      socket.send((entries.at(-1) as { text: string }).text, () => this.#pump());
      this.#sent += entries.length;
    }
    if (this.#pending > 0 && !this.#silence) this.#expectAnswer(this.#limits.silenceMs);
  }

  #expectAnswer(withinMs: number): void {
    this.#silence = setTimeout(() => this.#socket?.terminate(), withinMs);
  }

  #expectNothing(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#forget();
    if (mayRetry(code)) {
      this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#attempt++));
      return;
    }
    this.#refuse(closeName(code), reason);
  }

  #refuse(why: CloseName | 'unknown', reason: string): void {
    this.#refused = true;
    this.#options.onRefused(why, reason);
    this.#progress?.();
  }

  #disconnect(code: number): void {
    const socket = this.#socket;
    this.#forget();
    if (socket?.readyState === WebSocket.OPEN) socket.close(code);
    else socket?.terminate();
  }

  #forget(): void {
    this.#expectNothing();
    this.#socket = undefined;
    this.#sent = undefined;
  }
}
