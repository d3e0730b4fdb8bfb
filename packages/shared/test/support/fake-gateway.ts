import { once } from 'node:events';
import { afterEach } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { encode, type LiveControl, type MonitorEvent, type RunSummary } from '../../src/index.ts';

/** One connection of a client, as the server sees it. */
export interface Visit {
  /** What the client asked for. */
  query: URLSearchParams;
  protocol: string;
  socket: WebSocket;
  /** The next message of the client. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever it has sent.
  heard(): Promise<any>;
  say(...messages: (LiveControl | MonitorEvent)[]): void;
}

const open = new Set<WebSocketServer>();
afterEach(async () => {
  for (const server of open) {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
  open.clear();
});

/** A feed that says what the test tells it to. Closed after the test. */
export class FakeFeed {
  readonly #server: WebSocketServer;
  readonly #visits: Visit[] = [];
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
      this.#visits.push({
        heard: async () => {
          while (inbox.length === 0)
            await new Promise<void>((resolve) => {
              wakeReader = resolve;
            });
          return inbox.shift();
        },
        query: new URL(request.url ?? '', 'ws://feed').searchParams,
        protocol: socket.protocol,
        socket,
        say: (...messages) => {
          for (const message of messages) socket.send(encode(message));
        },
      });
      this.#wake?.();
    });
  }

  static async open(): Promise<FakeFeed> {
    const server = new WebSocketServer({ port: 0 });
    open.add(server);
    await once(server, 'listening');
    return new FakeFeed(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}/live`;
  }

  /** The next connection. */
  async visit(): Promise<Visit> {
    while (this.#visits.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#visits.shift() as Visit;
  }
}

/** A hello about a run that is under way. */
export function helloOf(runId: string | null, lastSeq = 1, heartbeatMs = 5_000): LiveControl {
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
