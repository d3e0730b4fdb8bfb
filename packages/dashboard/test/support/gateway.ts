import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { openScriptedPublisher, type ScriptedPublisher } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';

const gatewayMain = fileURLToPath(new URL('../../../../gateway/dist/src/main.js', import.meta.url));
const builtPage = fileURLToPath(new URL('../../page/index.html', import.meta.url));

/** A gateway for all tests of a file, behind a connection that tests can cut. */
export interface TestGateway {
  readonly url: string;
  /** The port of the gateway itself, which `cut` does not close. */
  readonly gatewayPort: number;
  /** Folder of the gateway's runs. */
  readonly runs: string;
  /** Connects a trainer that sends the test's events; without a run it waits for the command to start. */
  publish(options: PublishOptions): Promise<ScriptedPublisher>;
  /** Address of the gateway's ingest socket. */
  readonly ingestUrl: string;
  /** Lines of the gateway's log since the test began; none unless the flags set another `--log-level`. */
  readonly log: string[];
  /** Closes all connections between browser and gateway, and refuses new ones until `restore`. */
  cut(): void;
  restore(): void;
}

type PublisherOptions = Parameters<typeof openScriptedPublisher>[0];

export interface PublishOptions extends Omit<PublisherOptions, 'url' | 'WebSocket'> {
  events?: readonly MonitorEvent[];
}

/** Resolves with the addresses of a gateway that listens. Rejects when its process exits before. */
async function firstMessage(gateway: ChildProcess): Promise<{ url: string; ingestUrl: string }> {
  const exited = once(gateway, 'exit').then(([code]) => {
    throw new Error(`expected the gateway to listen, but it exited with code ${code}`);
  });
  const [message] = await Promise.race([once(gateway, 'message'), exited]);
  exited.catch(() => {});
  return message;
}

/** Starts a gateway before the tests of a file. Closes publishers after each test, the gateway at the end. */
export function useGateway(flags: readonly string[] = []): TestGateway {
  let child: ChildProcess;
  let proxy: BreakableProxy;
  const publishers: ScriptedPublisher[] = [];
  const runs = mkdtempSync(join(tmpdir(), 'mnist-page-'));
  const gateway = { runs, log: [] as string[] } as { -readonly [K in keyof TestGateway]: TestGateway[K] };

  beforeAll(async () => {
    if (!existsSync(builtPage))
      throw new Error(`expected the built page at ${builtPage}: run "npm run build" first`);
    const own = ['--port', '0', '--ingest-port', '0', '--runs', runs, '--log-level', 'silent'];
    child = fork(gatewayMain, [...own, ...flags], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    createInterface({ input: child.stdout as Readable }).on('line', (line) => gateway.log.push(line));
    const { url, ingestUrl } = await firstMessage(child);
    const gatewayPort = Number(new URL(url).port);
    proxy = await BreakableProxy.open(gatewayPort);
    Object.assign(gateway, { url: proxy.url, ingestUrl, gatewayPort });
  });
  afterEach(() => {
    for (const publisher of publishers.splice(0)) publisher.close();
    gateway.log.length = 0;
    proxy.cut = false;
  });
  afterAll(async () => {
    proxy?.close();
    if (child?.kill('SIGTERM')) await once(child, 'exit');
    rmSync(runs, { recursive: true, force: true });
  });

  gateway.publish = async ({ events = [], ...options }) => {
    const publisher = await openScriptedPublisher({ url: gateway.ingestUrl, WebSocket, ...options });
    publishers.push(publisher);
    publisher.send(...events);
    if (events.length > 0) await publisher.waitForAck(events.at(-1)?.seq ?? 0);
    return publisher;
  };
  gateway.cut = () => {
    proxy.cut = true;
  };
  gateway.restore = () => {
    proxy.cut = false;
  };
  return gateway;
}

/** Forwards connections to a local port, and cuts them on demand as a failing network does. */
class BreakableProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  private constructor(port: number) {
    this.#server = createServer((browserSide) => {
      if (this.#cut) return browserSide.destroy();
      const gatewaySide = connect(port, '127.0.0.1');
      for (const [from, to] of [[browserSide, gatewaySide] as const, [gatewaySide, browserSide] as const]) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
      return undefined;
    });
  }

  static async open(port: number): Promise<BreakableProxy> {
    const proxy = new BreakableProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  set cut(cut: boolean) {
    this.#cut = cut;
    if (cut) for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut = true;
    this.#server.close();
  }
}
