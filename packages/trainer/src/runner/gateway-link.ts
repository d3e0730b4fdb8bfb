import {
  type CloseCodeName,
  type Command,
  type CommandName,
  type CommandResult,
  type ConnectionState,
  decode,
  encode,
  type IngestServerMessage,
  ingestProtocolVersion,
  ingestServerMessageSchema,
  ReconnectingSocket,
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

/** A connection to the gateway that connects again after a loss and answers commands. */
export class GatewayLink {
  readonly #options: LinkOptions;
  readonly #limits: typeof linkLimits;
  readonly #connection: ReconnectingSocket<WebSocket>;
  readonly #answering = new Set<Promise<void>>();
  #replyTimer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: LinkOptions, limits = linkLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#connection = new ReconnectingSocket({
      connectTimeoutMs: limits.handshakeMs,
      createSocket: () => this.#createSocket(),
      onState: (state) => this.#changeState(state),
      onMessage: (text) => this.#receive(text),
    });
    this.#connection.connect();
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Bytes that were sent and are still in this process. */
  get bufferedBytes(): number {
    return this.#connection.socket?.bufferedAmount ?? 0;
  }

  /** @param onWritten Called when the message has left this process, or cannot. */
  send(text: string, onWritten?: () => void): void {
    this.#connection.socket?.send(text, onWritten);
  }

  /** Connects again unless a reply arrives within this time of the first call since the last reply. */
  expectAnswer(withinMs: number): void {
    this.#replyTimer ??= setTimeout(() => this.#connection.reconnect('no reply from the gateway'), withinMs);
  }

  /** Closes the connection for good, once every command that has arrived is answered. */
  async close(): Promise<void> {
    await Promise.all(this.#answering);
    this.#isClosing = true;
    this.#connection.close('closed by this trainer');
  }

  #createSocket(): WebSocket {
    const socket = new WebSocket(this.#options.identity.url, {
      perMessageDeflate: false,
      maxPayload: 64 * 1024,
    });
    // Browsers hide pings, so only here do they count as a sign of life.
    return socket.on('ping', () => this.#connection.markAlive());
  }

  #changeState(state: ConnectionState): void {
    const { onLost, onRefused } = this.#options;
    if (state.name === 'open') return this.#introduce();
    this.#clearReplyTimer();
    if (state.name === 'waiting') onLost?.();
    if (state.name === 'closed' && !this.#isClosing) onRefused(state.code, state.reason);
  }

  #introduce(): void {
    const { identity, introduction, commands } = this.#options;
    const { publisherId, token } = identity;
    const about = { protocol: ingestProtocolVersion, publisherId, commands: commands.names, token };
    this.#connection.allowSilence(this.#limits.silenceMs);
    this.send(encode({ ...introduction, ...about }));
    this.expectAnswer(this.#limits.handshakeMs);
  }

  #receive(text: string): void {
    const result = decode(ingestServerMessageSchema, text);
    if (!result.ok)
      return this.#connection.close('the gateway sent a message that does not fit the protocol', 'invalid');
    const message = result.value;
    if (message.type === 'command') return this.#answer(message);
    this.#clearReplyTimer();
    if (message.type === 'resume' || message.type === 'waiting') this.#connection.resetBackoff();
    this.#options.onReply(message);
  }

  /** Answers a command over the connection it came from. After a loss, the gateway asks again over the next one. */
  #answer(command: Command): void {
    const { socket } = this.#connection;
    const answering = this.#options.commands.take(command).then((result) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(encode(result));
      this.#answering.delete(answering);
    });
    this.#answering.add(answering);
  }

  #clearReplyTimer(): void {
    clearTimeout(this.#replyTimer);
    this.#replyTimer = undefined;
  }
}
