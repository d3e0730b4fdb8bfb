import { once } from 'node:events';
import { afterEach } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { encode, type LiveControl, type MonitorEvent, type RunSummary } from '../../src/index.ts';

/** One connection of a client, from the side of the server. */
export interface ClientConnection {
  /** Query of the requested address. */
  query: URLSearchParams;
  protocol: string;
  socket: WebSocket;
  /** Resolves with the next message of the client. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field of it.
  receive(): Promise<any>;
  send(...messages: (LiveControl | MonitorEvent)[]): void;
}

const open = new Set<WebSocketServer>();
afterEach(async () => {
  for (const server of open) {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
  open.clear();
});

/** A gateway's live feed that sends what a test writes. It is closed after the test. */
export class FakeGateway {
  readonly #server: WebSocketServer;
  readonly #connections: ClientConnection[] = [];
  #wake: (() => void) | undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      const inbox: unknown[] = [];
      let wakeReader = (): void => {};
      socket.on('message', (data) => {
        inbox.push(JSON.parse(String(data)));
        wakeReader();
      });
      this.#connections.push({
        receive: async () => {
          while (inbox.length === 0)
            await new Promise<void>((resolve) => {
              wakeReader = resolve;
            });
          return inbox.shift();
        },
        query: new URL(request.url ?? '', 'ws://gateway').searchParams,
        protocol: socket.protocol,
        socket,
        send: (...messages) => {
          for (const message of messages) socket.send(encode(message));
        },
      });
      this.#wake?.();
    });
  }

  static async open(): Promise<FakeGateway> {
    const server = new WebSocketServer({ port: 0 });
    open.add(server);
    await once(server, 'listening');
    return new FakeGateway(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}/live`;
  }

  /** Resolves with the next connection. */
  async accept(): Promise<ClientConnection> {
    while (this.#connections.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#connections.shift() as ClientConnection;
  }
}

/** Creates a hello for a run that has not ended, or for none. */
export function helloFor(runId: string | null, lastSeq = 1, heartbeatMs = 5_000): LiveControl {
  const time = '2026-11-24T10:00:00.000Z';
  const run: RunSummary | null = runId
    ? {
        runId,
        status: 'running',
        connected: true,
        commands: [],
        startedAt: time,
        lastEventAt: time,
        lastSeq,
        bytes: 0,
        title: null,
        note: null,
        pinned: false,
        model: false,
        started: null,
        batch: null,
        epoch: null,
        bestAccuracy: null,
        finished: null,
      }
    : null;
  return { type: 'hello', server: '1.2.3', run, heartbeatMs, commands: 'open', waitingTrainers: 0 };
}
