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

/** Identifies this process to the gateway; the same on each of its connections. */
export interface PublisherIdentity {
  /** The gateway's ingest address, for example `ws://127.0.0.1:5001/ingest`. */
  url: string;
  /** Random for each process, so that the gateway recognizes a publisher that reconnects. */
  publisherId: string;
  token?: string | undefined;
}

/** Options of `GatewayConnection`. */
export interface GatewayConnectionOptions {
  identity: PublisherIdentity;
  /** The first message of each connection: `hello` publishes a run, `wait` offers to start one. */
  introduction: { type: 'hello'; runId: string } | { type: 'wait' };
  commands: AcceptedCommands;
  onReply: (reply: Exclude<IngestServerMessage, Command>) => void;
  /** Called when the connection is closed and will be opened again. */
  onDisconnect?: () => void;
  /** Called when the gateway refuses this publisher; the connection is not opened again. */
  onRefused: (why: CloseCodeName | 'unknown', reason: string) => void;
}

/** The commands that a connection accepts. */
export interface AcceptedCommands {
  /** Names sent to the gateway, which forwards no other commands. */
  names: readonly CommandName[];
  /** Executes a command and resolves with its answer; never rejects. */
  handle(command: Command): Promise<CommandResult>;
}

/** Time-outs of a connection. */
export const connectionLimits = {
  /** Limit for the WebSocket upgrade, and again for the reply to the introduction. */
  handshakeMs: 5_000,
  /** The gateway pings every 20 s: a connection that is silent for longer than this is dead. */
  silenceMs: 60_000,
};

/** A connection to the gateway that reconnects by itself and answers commands. */
export class GatewayConnection {
  readonly #options: GatewayConnectionOptions;
  readonly #limits: typeof connectionLimits;
  readonly #connection: ReconnectingSocket<WebSocket>;
  /** Commands that are executing; `close` waits for their answers. */
  readonly #executing = new Set<Promise<void>>();
  #replyTimer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: GatewayConnectionOptions, limits = connectionLimits) {
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

  /** Bytes that were sent but have not left this process. */
  get bufferedBytes(): number {
    return this.#connection.socket?.bufferedAmount ?? 0;
  }

  /** Sends a message. @param onWritten Called when it has left this process, or cannot. */
  send(text: string, onWritten?: () => void): void {
    this.#connection.socket?.send(text, onWritten);
  }

  /** Reconnects unless a reply arrives within `withinMs` of the first call since the last reply. */
  expectReply(withinMs: number): void {
    this.#replyTimer ??= setTimeout(() => this.#connection.reconnect('no reply from the gateway'), withinMs);
  }

  /** Answers the commands that are executing, then closes the connection without opening it again. */
  async close(): Promise<void> {
    await Promise.all(this.#executing);
    this.#isClosing = true;
    this.#connection.close('closed by this trainer');
  }

  #createSocket(): WebSocket {
    const socket = new WebSocket(this.#options.identity.url, {
      perMessageDeflate: false,
      maxPayload: 64 * 1024,
    });
    // The ping is handled here, because ReconnectingSocket also works in browsers, which hide pings.
    return socket.on('ping', () => this.#connection.markAlive());
  }

  #changeState(state: ConnectionState): void {
    const { onDisconnect, onRefused } = this.#options;
    if (state.name === 'open') return this.#introduce();
    this.#clearReplyTimer();
    if (state.name === 'waiting') onDisconnect?.();
    if (state.name === 'closed' && !this.#isClosing) onRefused(state.code, state.reason);
  }

  #introduce(): void {
    const { identity, introduction, commands } = this.#options;
    const { publisherId, token } = identity;
    const about = { protocol: ingestProtocolVersion, publisherId, commands: commands.names, token };
    this.#connection.allowSilence(this.#limits.silenceMs);
    this.send(encode({ ...introduction, ...about }));
    this.expectReply(this.#limits.handshakeMs);
  }

  #receive(text: string): void {
    const result = decode(ingestServerMessageSchema, text);
    if (!result.ok)
      return this.#connection.close(
        'the gateway sent a message that does not follow the protocol',
        'invalid',
      );
    const message = result.value;
    if (message.type === 'command') return this.#execute(message);
    this.#clearReplyTimer();
    if (message.type === 'resume' || message.type === 'waiting') this.#connection.resetBackoff();
    this.#options.onReply(message);
  }

  /** Sends no answer when the connection has closed: the gateway repeats the command on the next one. */
  #execute(command: Command): void {
    const { socket } = this.#connection;
    const executing = this.#options.commands.handle(command).then((result) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(encode(result));
      this.#executing.delete(executing);
    });
    this.#executing.add(executing);
  }

  #clearReplyTimer(): void {
    clearTimeout(this.#replyTimer);
    this.#replyTimer = undefined;
  }
}
