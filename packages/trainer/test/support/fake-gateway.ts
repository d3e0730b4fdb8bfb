import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';

/** Options of `FakeGateway`. */
export interface FakeGatewayOptions {
  /** Port to listen on; chosen by the system by default. */
  port?: number;
  /** Number of events that the gateway already has of each run, which it sends in `resume`. */
  after?: number;
  /** Called for each event, which is acknowledged unless the result is false. */
  onEvent?: (seq: number, socket: WebSocket) => boolean | undefined;
  /** Called for each hello instead of sending the reply `resume`. */
  onHello?: (hello: Record<string, unknown>, socket: WebSocket) => void;
}

/** A gateway that stores only the seqs of events, for tests of publishers. */
export class FakeGateway {
  readonly received: number[] = [];
  readonly hellos: Record<string, unknown>[] = [];
  /** Received answers to commands. */
  readonly results: Record<string, unknown>[] = [];
  readonly #server: WebSocketServer;
  readonly #options: FakeGatewayOptions;
  /** The last seq of each run. */
  readonly #stored = new Map<string, number>();

  private constructor(server: WebSocketServer, options: FakeGatewayOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket) => {
      let runId = '';
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'hello') {
          runId = message.runId;
          this.#welcome(message, socket);
        } else if (message.type === 'commandResult') this.results.push(message);
        else this.#receive(message.seq, runId, socket);
      });
    });
  }

  static async start(options: FakeGatewayOptions = {}): Promise<FakeGateway> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: options.port ?? 0 });
    await once(server, 'listening');
    return new FakeGateway(server, options);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ingest`;
  }

  /** Sends a message on every connection. */
  broadcast(message: object): void {
    for (const client of this.#server.clients) client.send(JSON.stringify(message));
  }

  /** Resolves when every connected publisher has received what was sent to it. */
  async settled(): Promise<void> {
    const pongs = [...this.#server.clients].map((client) => once(client, 'pong'));
    for (const client of this.#server.clients) client.ping();
    await Promise.all(pongs);
  }

  /** Terminates all connections. */
  disconnect(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  /** Terminates all connections and stops listening. */
  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #welcome(hello: Record<string, unknown>, socket: WebSocket): void {
    this.hellos.push(hello);
    if (this.#options.onHello) this.#options.onHello(hello, socket);
    else socket.send(JSON.stringify({ type: 'resume', after: this.#storedOf(hello.runId as string) }));
  }

  #receive(seq: number, runId: string, socket: WebSocket): void {
    this.received.push(seq);
    if (this.#options.onEvent?.(seq, socket) === false) return;
    const last = Math.max(this.#storedOf(runId), seq);
    this.#stored.set(runId, last);
    socket.send(JSON.stringify({ type: 'ack', seq: last }));
  }

  #storedOf(runId: string): number {
    return this.#stored.get(runId) ?? this.#options.after ?? 0;
  }
}

/**
 * Starts one fake gateway for all tests of a file, so that trainers do not wait for a missing gateway before they exit. The
 * runs of the tests need different ids.
 */
export function acceptingGateway(): { readonly flags: string[] } {
  let gateway: FakeGateway;
  beforeAll(async () => {
    gateway = await FakeGateway.start();
  });
  afterAll(() => gateway.stop());
  return {
    get flags() {
      return ['--gateway', gateway.url];
    },
  };
}

/** Starts a server that accepts connections and never sends a byte. */
export async function startSilentServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ingest`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
