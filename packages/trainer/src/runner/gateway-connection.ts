import {
  type CloseCodeName,
  type Command,
  type CommandName,
  type CommandResult,
  type ConnectionState,
  closeCodes,
  commandFailure,
  commandIdOf,
  decode,
  encode,
  formatIssues,
  type IngestServerMessage,
  ingestProtocolVersion,
  ingestServerMessageSchema,
  type PublisherHello,
  ReconnectingSocket,
  type TrainerWait,
} from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import { defaultAddress, describeProblem } from './connection-problem.ts';

/** Identifies this process to the gateway. All connections of the process use the same identity. */
export interface PublisherIdentity {
  /** The gateway's ingest address, for example `ws://127.0.0.1:5001/ingest`. */
  url: string;
  /** The same address without user name and password, for messages. */
  address: string;
  /** A random id of this process, by which the gateway recognizes a publisher that reconnects. */
  publisherId: string;
  token?: string | undefined;
}

/** The first message of a connection, without the fields that all connections of the process share. */
export type FirstMessage =
  | Pick<PublisherHello, 'type' | 'runId' | 'stream' | 'acknowledged'>
  | Pick<TrainerWait, 'type'>;

/** Options of `GatewayConnection`. */
export interface GatewayConnectionOptions {
  identity: PublisherIdentity;
  /** Returns the first message on each connection: `hello` announces a run to publish, `wait` a trainer that can start one. */
  firstMessage: () => FirstMessage;
  commands: AcceptedCommands;
  onReply: (reply: Exclude<IngestServerMessage, Command>) => void;
  /** Called when the connection is closed and will be opened again. */
  onDisconnect?: () => void;
  /**
   * Called with the reason, in one clause, when the gateway cannot be reached for a while, and again when the reason
   * changes. Called with undefined when the connection works again.
   */
  onProblem: (problem: string | undefined) => void;
  /**
   * Whether to retry while the gateway has another publisher of this run. True for a resumed run: the gateway may
   * notice only after 30 s that the connection of the previous trainer is lost.
   */
  awaitRelease?: boolean;
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

/** Time limits of a connection, in milliseconds. */
export const connectionLimits = {
  /** Time limit of the WebSocket upgrade, and of the reply to the first message. */
  handshakeMs: 5_000,
  /** Time without any message after which a connection counts as lost: the gateway sends a ping every 20 s. */
  silenceMs: 60_000,
  /** Time for which a problem is not reported: a gateway that starts together with the trainer is ready within it. */
  problemMs: 2_000,
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
  /** The first error of the latest socket; undefined when it had none. */
  #error: NodeJS.ErrnoException | undefined;
  /** The code with which the latest socket was closed; 0 while the socket is open. */
  #closeCode = 0;
  /** Time of the first failed attempt since the gateway last answered. */
  #failingSince: number | undefined;
  #problem: string | undefined;
  #reportedProblem: string | undefined;

  constructor(options: GatewayConnectionOptions, limits = connectionLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#connection = new ReconnectingSocket({
      connectTimeoutMs: limits.handshakeMs,
      retryCodes: options.awaitRelease ? ['runTaken'] : [],
      createSocket: () => this.#createSocket(),
      onState: (state) => this.#changeState(state),
      onMessage: (text) => this.#receive(text),
    });
    this.#connection.connect();
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Number of bytes that the socket has buffered because the network has not accepted them yet. */
  get bufferedBytes(): number {
    return this.#connection.socket?.bufferedAmount ?? 0;
  }

  /** Why the latest connection failed or was lost; undefined when the gateway has answered since. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Whether the gateway refuses the connection because another publisher of this run is connected. */
  get isTaken(): boolean {
    return this.#problem !== undefined && this.#closeCode === closeCodes.runTaken.code;
  }

  /** Sends a message. @param onWritten Called when the socket has written the message, or has failed. */
  send(text: string, onWritten?: () => void): void {
    this.#connection.socket?.send(text, onWritten);
  }

  /** Starts a timer that reconnects after `withinMs`, unless one is running. Any reply stops the timer. */
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
    this.#error = undefined;
    this.#closeCode = 0;
    // ReconnectingSocket does not handle pings and errors, because it also runs in browsers, which hide them.
    socket.on('ping', () => this.#connection.markAlive());
    socket.on('close', (code) => {
      this.#closeCode = code;
    });
    return socket.on('error', (error) => {
      this.#error ??= error;
    });
  }

  #changeState(state: ConnectionState): void {
    const { onDisconnect, onRefused } = this.#options;
    if (state.name === 'open') return this.#sendFirstMessage();
    this.#clearReplyTimer();
    if (state.name === 'waiting') {
      this.#noteProblem(state.reason);
      onDisconnect?.();
    }
    if (state.name === 'closed' && !this.#isClosing) onRefused(state.code, state.reason);
  }

  #noteProblem(reason: string): void {
    const { identity, onProblem } = this.#options;
    this.#failingSince ??= performance.now();
    this.#problem = describeProblem({
      url: identity.url,
      reason,
      error: this.#error,
      isTaken: this.#closeCode === closeCodes.runTaken.code,
    });
    const isBrief = performance.now() - this.#failingSince < this.#limits.problemMs;
    if ((isBrief && !this.isTaken) || this.#problem === this.#reportedProblem) return;
    this.#reportedProblem = this.#problem;
    onProblem(this.#problem);
  }

  #noteSuccess(): void {
    this.#connection.resetBackoff();
    this.#failingSince = undefined;
    this.#problem = undefined;
    if (this.#reportedProblem === undefined) return;
    this.#reportedProblem = undefined;
    this.#options.onProblem(undefined);
  }

  #sendFirstMessage(): void {
    const { identity, firstMessage, commands } = this.#options;
    const { publisherId, token } = identity;
    const publisher = { protocol: ingestProtocolVersion, publisherId, commands: commands.names, token };
    this.#connection.allowSilence(this.#limits.silenceMs);
    this.send(encode({ ...firstMessage(), ...publisher }));
    this.expectReply(this.#limits.handshakeMs);
  }

  #receive(text: string): void {
    const result = decode(ingestServerMessageSchema, text);
    if (!result.ok) {
      const id = commandIdOf(result.error);
      // A newer gateway may forward settings that this trainer does not have.
      if (id !== undefined)
        return this.send(encode(commandFailure(id, 'message.invalid', formatIssues(result.error.issues))));
      return this.#connection.close(
        `it sends messages that are not for publishers: check port and path, by default ${defaultAddress(this.#options.identity.url)}`,
        'invalid',
      );
    }
    const message = result.value;
    if (message.type === 'command') return this.#execute(message);
    this.#clearReplyTimer();
    if (message.type === 'resume' || message.type === 'waiting') this.#noteSuccess();
    this.#options.onReply(message);
  }

  /** Executes a command and answers if the connection is still open; if not, the gateway repeats the command later. */
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
