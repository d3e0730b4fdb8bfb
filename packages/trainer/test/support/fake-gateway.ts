import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface FakeGatewayOptions {
  port?: number;
  /** Seqs already held: what `resume` says. */
  after?: number;
  /** Called for each event; answers with an ack unless it returns false. */
  onEvent?: (seq: number, socket: WebSocket) => boolean | undefined;
  /** Called instead of the answer to hello. */
  onHello?: (hello: Record<string, unknown>, socket: WebSocket) => void;
}

/** A gateway that keeps only numbers: for tests of the publisher. */
export class FakeGateway {
  readonly received: number[] = [];
  readonly hellos: Record<string, unknown>[] = [];
  /** Answers to commands. */
  readonly results: Record<string, unknown>[] = [];
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer, options: FakeGatewayOptions) {
    this.#server = server;
    let held = options.after ?? 0;
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'hello') {
          this.hellos.push(message);
          if (options.onHello) options.onHello(message, socket);
          else socket.send(JSON.stringify({ type: 'resume', after: held }));
          return;
        }
        if (message.type === 'commandResult') {
          this.results.push(message);
          return;
        }
        this.received.push(message.seq);
        if (options.onEvent?.(message.seq, socket) === false) return;
        held = Math.max(held, message.seq);
        socket.send(JSON.stringify({ type: 'ack', seq: held }));
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

  /** Cuts every connection and stops listening. */
  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Accepts connections and never says anything. */
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
