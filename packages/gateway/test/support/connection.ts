import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { afterTest } from './cleanup.ts';

export interface Closed {
  code: number;
  reason: string;
}

/** A message of either socket. Tests may read any field. */
export interface Message {
  type: string;
  seq: number;
  runId: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the gateway sent.
  [field: string]: any;
}

export interface ConnectOptions {
  protocol?: string | string[];
  headers?: Record<string, string>;
}

/** A WebSocket client that queues received messages until the test reads them. */
export class Connection {
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  readonly #inbox: Message[] = [];
  #wake: (() => void) | undefined;
  #end: Closed | undefined;

  constructor(url: string, { protocol, headers = {} }: ConnectOptions = {}) {
    this.socket = new WebSocket(url, protocol ?? [], { headers });
    this.socket.on('message', (data) => {
      this.#inbox.push(JSON.parse(String(data)));
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        this.#end = { code, reason: String(reason) };
        this.#wake?.();
        resolve(this.#end);
      });
    });
    this.socket.on('error', () => {});
    afterTest(() => this.socket.terminate());
  }

  get opened(): Promise<void> {
    if (this.socket.readyState === WebSocket.OPEN) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Resolves with the next message. */
  async next(): Promise<Message> {
    while (this.#inbox.length === 0) {
      if (this.#end) throw new Error(`expected a message, got close ${this.#end.code} ${this.#end.reason}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#inbox.shift() as Message;
  }

  /** Resolves when the other side has received everything that was sent before. */
  async roundTrip(): Promise<void> {
    const pong = once(this.socket, 'pong');
    this.socket.ping();
    await pong;
  }

  /** Returns the received messages that were not read yet. */
  takeAll(): Message[] {
    return this.#inbox.splice(0);
  }

  /** Resolves with the messages up to and including the first that matches. */
  async until(matches: (message: Message) => boolean): Promise<Message[]> {
    const messages: Message[] = [];
    do messages.push(await this.next());
    while (!matches(messages.at(-1) as Message));
    return messages;
  }
}

/** Connects and waits until the connection is open. */
export async function connect(url: string, options?: ConnectOptions): Promise<Connection> {
  const connection = new Connection(url, options);
  await connection.opened;
  return connection;
}

export interface Refusal {
  status: number | undefined;
  retryAfter: string | undefined;
  problem: { code: string; status: number; detail: string };
}

/** Resolves with the answer to an upgrade that the gateway refuses. */
export function readRefusal(url: string, options: ConnectOptions = {}): Promise<Refusal> {
  const socket = new WebSocket(url, { headers: options.headers });
  afterTest(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('error', () => {});
    socket.on('unexpected-response', async (_request, response) => {
      const { statusCode: status, headers } = response;
      resolve({
        status,
        retryAfter: headers['retry-after'],
        problem: (await json(response)) as Refusal['problem'],
      });
    });
    socket.on('open', () => reject(new Error('expected a refusal, got a connection')));
  });
}

/** Resolves with the HTTP status with which the gateway refuses an upgrade. */
export const refusalStatus = async (url: string, options?: ConnectOptions): Promise<number | undefined> =>
  (await readRefusal(url, options)).status;

/** Returns the seqs of the events among messages. */
export const seqsOf = (messages: readonly Message[]): number[] =>
  messages.filter((message) => 'v' in message).map(({ seq }) => seq);

/** Returns the whole numbers from `from` to `to`, both included. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
