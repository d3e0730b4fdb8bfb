import type { WebSocketLike } from '../client/reconnecting-socket.ts';
import { decode, encode } from '../protocol/codec.ts';
import { type CommandName, ingestProtocolVersion } from '../protocol/constants.ts';
import type { Command, CommandResult } from '../schemas/commands.ts';
import type { MonitorEvent } from '../schemas/events.ts';
import { ingestServerMessageSchema } from '../schemas/ingest-messages.ts';

export interface ScriptedPublisherOptions {
  /** Address of the gateway's ingest socket, such as `ws://127.0.0.1:5001/ingest`. */
  url: string;
  WebSocket: new (url: string) => WebSocketLike;
  /** The run to publish; without one, the publisher waits for the command `start`. */
  runId?: string;
  /** The token for publishing, where the gateway requires one. */
  token?: string;
  /** Names of the commands that the publisher accepts; none by default. */
  commands?: readonly CommandName[];
  /** Answers a command, at once or later; by default every command succeeds. */
  onCommand?: (command: Command) => CommandOutcome | Promise<CommandOutcome>;
}

type CommandOutcome = Omit<CommandResult, 'type' | 'id'>;

/** A connected publisher, for tests and benchmarks that choose each event to send. */
export interface ScriptedPublisher {
  send(...events: readonly MonitorEvent[]): void;
  /** Resolves when every event up to `seq` is on the gateway's disk. */
  waitForAck(seq: number): Promise<void>;
  /** Commands received so far, in order. */
  readonly commands: readonly Command[];
  /** Resolves when the publisher has received and answered `count` commands in all. */
  waitForCommands(count: number): Promise<void>;
  close(): void;
}

/** Connects a publisher. Resolves when the gateway has accepted it; rejects when the gateway closes the connection. */
export function openScriptedPublisher(options: ScriptedPublisherOptions): Promise<ScriptedPublisher> {
  return new Promise((resolve, reject) => {
    const publisher: Publisher = new Publisher(options, {
      accepted: () => resolve(publisher),
      refused: reject,
    });
  });
}

interface Handshake {
  accepted(): void;
  refused(error: Error): void;
}

class Publisher implements ScriptedPublisher {
  readonly commands: Command[] = [];
  readonly #options: ScriptedPublisherOptions;
  readonly #handshake: Handshake;
  readonly #socket: WebSocketLike;
  readonly #waiters = new Set<{ isOver: () => boolean; resolve: () => void }>();
  #ackedSeq = 0;

  constructor(options: ScriptedPublisherOptions, handshake: Handshake) {
    this.#options = options;
    this.#handshake = handshake;
    const socket: WebSocketLike = new options.WebSocket(options.url);
    this.#socket = socket;
    socket.onopen = () => socket.send(encode(this.#firstMessage()));
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      handshake.refused(
        new Error(`expected the gateway to accept the publisher, it closed with ${code} ${reason}`),
      );
    socket.onmessage = ({ data }: { data: unknown }) => this.#receive(String(data));
  }

  send(...events: readonly MonitorEvent[]): void {
    for (const event of events) this.#socket.send(encode(event));
  }

  waitForAck(seq: number): Promise<void> {
    return this.#waitUntil(() => this.#ackedSeq >= seq);
  }

  waitForCommands(count: number): Promise<void> {
    return this.#waitUntil(() => this.commands.length >= count);
  }

  close(): void {
    this.#socket.close();
  }

  #firstMessage(): object {
    const { runId, token, commands = [] } = this.#options;
    const publisherId = `scripted-${Date.now()}-${Math.random()}`;
    const fields = {
      protocol: ingestProtocolVersion,
      publisherId,
      commands,
      ...(token !== undefined && { token }),
    };
    return runId ? { type: 'hello', runId, ...fields } : { type: 'wait', ...fields };
  }

  #receive(text: string): void {
    const result = decode(ingestServerMessageSchema, text);
    if (!result.ok) throw new Error(`expected a message of the gateway, got ${text.slice(0, 200)}`);
    const message = result.value;
    if (message.type === 'resume' || message.type === 'waiting') this.#handshake.accepted();
    if (message.type === 'command') void this.#answer(message);
    if (message.type === 'ack') {
      this.#ackedSeq = message.seq;
      this.#wake();
    }
  }

  async #answer(command: Command): Promise<void> {
    this.commands.push(command);
    const outcome = (await this.#options.onCommand?.(command)) ?? { ok: true };
    this.#socket.send(encode({ type: 'commandResult', id: command.id, ...outcome }));
    this.#wake();
  }

  #waitUntil(isOver: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.add({ isOver, resolve });
      this.#wake();
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isOver()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
