import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import {
  type EventOf,
  encode,
  liveSubprotocol,
  type MonitorEvent,
  type RunSummary,
} from '@mnist-monitor/shared';
import { type WebSocket, WebSocketServer } from 'ws';

/** The policy that the gateway serves the page with. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws:";

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A stand-in for the gateway whose feed a test writes itself. */
export interface LiveServer {
  url: string;
  /** Paths of the HTTP requests so far, upgrades left out. */
  requests: string[];
  /** Begins a run: what it sends from now on belongs to it. */
  begin(runId: string): void;
  push(...events: MonitorEvent[]): void;
  /** Cuts every connection, as a failing network does; while `refuse` is set none comes back. */
  drop(): void;
  refuse: boolean;
  close(): Promise<void>;
}

/** Serves the built page from `pageDir`, and the live protocol at /live. */
export async function startLiveServer(pageDir: string, port = 0): Promise<LiveServer> {
  const requests: string[] = [];
  let runId: string | undefined;
  let history: MonitorEvent[] = [];

  const http = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    requests.push(path);
    const file = join(pageDir, normalize(path === '/' ? 'index.html' : path));
    try {
      const body = readFileSync(file);
      response.writeHead(200, {
        'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': pagePolicy,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => liveSubprotocol });

  const hello = (socket: WebSocket): void => {
    const run = runId === undefined ? null : summarize(runId, history);
    socket.send(
      encode({
        type: 'hello',
        server: '0.0.0',
        run,
        heartbeatMs: 5_000,
        commands: 'open',
        waitingTrainers: 0,
      }),
    );
  };
  const greet = (socket: WebSocket, query: URLSearchParams): void => {
    hello(socket);
    const same = query.get('afterRun') === null || query.get('afterRun') === runId;
    const after = same ? Number(query.get('after') ?? 0) : 0;
    for (const event of history) if (event.seq > after) socket.send(encode(event));
    socket.send(encode({ type: 'live', seq: history.at(-1)?.seq ?? 0 }));
  };

  const server: LiveServer = {
    url: '',
    requests,
    refuse: false,
    begin(id) {
      runId = id;
      history = [];
    },
    push(...events) {
      for (const event of events) {
        history.push(event);
        for (const socket of sockets.clients) {
          if (event.seq === 1) hello(socket);
          socket.send(encode(event));
        }
      }
    },
    drop() {
      for (const socket of sockets.clients) socket.terminate();
    },
    async close() {
      server.drop();
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
  http.on('upgrade', (request, socket, head) => {
    if (server.refuse) {
      socket.destroy();
      return;
    }
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    sockets.handleUpgrade(request, socket, head, (client) => greet(client, searchParams));
  });
  server.url = await listening(http, port);
  return server;
}

async function listening(http: Server, port: number): Promise<string> {
  await new Promise<void>((ready) => http.listen(port, '127.0.0.1', ready));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** What the gateway would say of the run. Without events there is no last one: seq 1 stands for it. */
function summarize(runId: string, history: readonly MonitorEvent[]): RunSummary {
  const finished = history.findLast(is('run.finished'))?.data ?? null;
  const time = new Date().toISOString();
  return {
    runId,
    status: finished?.status ?? 'running',
    connected: true,
    commands: [],
    bytes: 0,
    title: null,
    note: null,
    pinned: false,
    model: false,
    startedAt: history[0]?.time ?? time,
    lastEventAt: history.at(-1)?.time ?? time,
    lastSeq: history.at(-1)?.seq ?? 1,
    started: history.findLast(is('run.started'))?.data ?? null,
    batch: history.findLast(is('batch'))?.data ?? null,
    epoch: history.findLast(is('epoch'))?.data ?? null,
    finished,
  };
}

const is =
  <T extends MonitorEvent['type']>(type: T) =>
  (event: MonitorEvent): event is EventOf<T> =>
    event.type === type;
