import {
  backoffMs,
  type CloseCodeName,
  type Command,
  type CommandName,
  type CommandResult,
  closeCodeName,
  closeCodes,
  decode,
  encode,
  type IngestServerMessage,
  ingestProtocolVersion,
  ingestServerMessageSchema,
  isRetryableCloseCode,
} from '@mnist-monitor/shared';
import { WebSocket } from 'ws';

/** What every connection of this process to the gateway begins with. */
export interface Identity {
  /** The gateway's ingest address, for example `ws://127.0.0.1:5001/ingest`. */
  url: string;
  /** Chosen anew by each process. */
  publisherId: string;
  token?: string | undefined;
}

export interface LinkOptions {
  identity: Identity;
  /** What this connection is for. */
  introduction: { type: 'hello'; runId: string } | { type: 'wait' };
  commands: CommandTarget;
  onReply: (reply: Exclude<IngestServerMessage, Command>) => void;
  /** The connection is gone; another is on its way. */
  onLost?: () => void;
  /** The gateway does not want this publisher; there will be no other connection. */
  onRefused: (why: CloseCodeName | 'unknown', reason: string) => void;
}

/** Where the commands that come down a connection go. */
export interface CommandTarget {
  /** Those that are taken here. */
  names: readonly CommandName[];
  take(command: Command): Promise<CommandResult>;
}

export const linkLimits = {
  /** How long the upgrade and the answer to the introduction may take each. */
  handshakeMs: 5_000,
  /** The gateway pings every 20 s; when not even that comes, the connection is dead. */
  silenceMs: 60_000,
};

/** A connection to the gateway that comes back by itself and answers commands. */
export class GatewayLink {
  readonly #options: LinkOptions;
  readonly #limits: typeof linkLimits;
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #answer: NodeJS.Timeout | undefined;
  #attempt = 0;
  readonly #answering = new Set<Promise<void>>();

  constructor(options: LinkOptions, limits = linkLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** What was sent and has not left this process. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** @param left Called when the message has left this process, or cannot. */
  send(text: string, left?: () => void): void {
    this.#socket?.send(text, left);
  }

  /** Connects anew unless a reply comes within this time of the first call since the last. */
  expectAnswer(withinMs: number): void {
    this.#answer ??= setTimeout(() => this.#socket?.terminate(), withinMs);
  }

  /** Ends the connection for good, once the commands that have come are answered. */
  async close(): Promise<void> {
    await Promise.all(this.#answering);
    clearTimeout(this.#retry);
    this.#disconnect(closeCodes.normal.code);
  }

  #connect(): void {
    const { identity, introduction, commands } = this.#options;
    const { url, publisherId, token } = identity;
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: this.#limits.handshakeMs,
      maxPayload: 64 * 1024,
    });
    this.#socket = socket;
    socket.on('open', () => {
      const about = { protocol: ingestProtocolVersion, publisherId, commands: commands.names, token };
      socket.send(encode({ ...introduction, ...about }));
      this.expectAnswer(this.#limits.handshakeMs);
      this.#hear(socket);
    });
    socket.on('message', (data) => this.#receive(socket, String(data)));
    socket.on('ping', () => this.#hear(socket));
    socket.on('close', (code, reason) => this.#lost(socket, code, String(reason)));
    socket.on('error', () => {}); // `close` follows and says all that matters.
  }

  #hear(socket: WebSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => socket.terminate(), this.#limits.silenceMs);
  }

  #receive(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    this.#hear(socket);
    const result = decode(ingestServerMessageSchema, text);
    if (!result.ok) {
      this.#disconnect(closeCodes.invalid.code);
      this.#options.onRefused('invalid', 'the gateway answered something that is not the protocol');
      return;
    }
    const reply = result.value;
    if (reply.type === 'command') return this.#obey(socket, reply);
    clearTimeout(this.#answer);
    this.#answer = undefined;
    if (reply.type === 'resume' || reply.type === 'waiting') this.#attempt = 0;
    this.#options.onReply(reply);
  }

  /** The answer to a command whose connection is gone is asked for again over the next one. */
  #obey(socket: WebSocket, command: Command): void {
    const answering = this.#options.commands.take(command).then((result) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(encode(result));
      this.#answering.delete(answering);
    });
    this.#answering.add(answering);
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#forget();
    if (isRetryableCloseCode(code)) {
      this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#attempt++));
      this.#options.onLost?.();
    } else this.#options.onRefused(closeCodeName(code), reason);
  }

  #disconnect(code: number): void {
    const socket = this.#socket;
    this.#forget();
    if (socket?.readyState === WebSocket.OPEN) socket.close(code);
    else socket?.terminate();
  }

  #forget(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#answer);
    this.#answer = undefined;
    this.#socket = undefined;
  }
}
