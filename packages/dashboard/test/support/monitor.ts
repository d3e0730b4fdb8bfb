import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, jest } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { openScriptedPublisher, type ScriptedPublisher, timeFactor } from '@mnist-monitor/shared/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { launchChromium } from './browser.ts';

const gatewayMain = fileURLToPath(new URL('../../../../gateway/dist/src/main.js', import.meta.url));
const builtPage = fileURLToPath(new URL('../../page/index.html', import.meta.url));

/** A gateway and a browser, for all tests of a file. */
export interface Monitor {
  readonly url: string;
  /** The port of the gateway itself, which `cut` does not close. */
  readonly gatewayPort: number;
  /** Folder of the gateway's runs. */
  readonly runs: string;
  readonly browser: Browser;
  /** Opens the page, and collects errors and warnings of the browser in `browserProblems`. */
  visit(query?: string, options?: VisitOptions): Promise<Page>;
  /** Connects a trainer that sends the test's events; without a run it waits for the command to start. */
  publish(options: PublishOptions): Promise<ScriptedPublisher>;
  /** Address of the gateway's ingest socket. */
  readonly ingestUrl: string;
  /** Lines of the gateway's log since the test began; none unless the flags set another `--log-level`. */
  readonly log: string[];
  /** Errors, warnings and violations of the content security policy, in any page since the test began. */
  readonly browserProblems: string[];
  /** Closes all connections between browser and gateway, and refuses new ones until `restore`. */
  cut(): void;
  restore(): void;
}

export interface VisitOptions extends BrowserContextOptions {
  /** Address of the page, by default that of the gateway. */
  at?: string;
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

/** Starts a gateway and Chromium before the tests of a file. Closes pages and publishers after each test, the rest at the end. */
export function useMonitor(
  chromiumPath: string | undefined,
  flags: readonly string[] = [],
  browserFlags: readonly string[] = [],
): Monitor {
  let gateway: ChildProcess;
  let ingestUrl: string;
  let proxy: BreakableProxy;
  const opened: (() => unknown)[] = [];
  const runs = mkdtempSync(join(tmpdir(), 'mnist-page-'));
  const monitor = { runs, browserProblems: [] as string[], log: [] as string[] } as {
    -readonly [K in keyof Monitor]: Monitor[K];
  };

  jest.setTimeout(60_000);
  beforeAll(async () => {
    if (!existsSync(builtPage))
      throw new Error(`expected the built page at ${builtPage}: run "npm run build" first`);
    const own = ['--port', '0', '--ingest-port', '0', '--runs', runs, '--log-level', 'silent'];
    gateway = fork(gatewayMain, [...own, ...flags], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    createInterface({ input: gateway.stdout as Readable }).on('line', (line) => monitor.log.push(line));
    const [listening, browser] = await Promise.all([
      firstMessage(gateway),
      launchChromium(chromiumPath as string, browserFlags),
    ]);
    ingestUrl = listening.ingestUrl;
    const gatewayPort = Number(new URL(listening.url).port);
    proxy = await BreakableProxy.open(gatewayPort);
    Object.assign(monitor, { url: proxy.url, ingestUrl, browser, gatewayPort });
  });
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
    monitor.browserProblems.length = 0;
    monitor.log.length = 0;
    proxy.cut = false;
  });
  afterAll(async () => {
    await monitor.browser?.close();
    proxy?.close();
    if (gateway?.kill('SIGTERM')) await once(gateway, 'exit');
    rmSync(runs, { recursive: true, force: true });
  });

  monitor.visit = async (query = '', { at, ...options } = {}) => {
    const context = await monitor.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    opened.push(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(20_000 * timeFactor());
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) monitor.browserProblems.push(message.text());
    });
    page.on('pageerror', (error) => monitor.browserProblems.push(String(error)));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    await page.goto(new URL(query, at ?? `${monitor.url}/`).href);
    return page;
  };
  monitor.publish = async ({ events = [], ...options }) => {
    const publisher = await openScriptedPublisher({ url: ingestUrl, WebSocket, ...options });
    opened.push(() => publisher.close());
    publisher.send(...events);
    if (events.length > 0) await publisher.waitForAck(events.at(-1)?.seq ?? 0);
    return publisher;
  };
  monitor.cut = () => {
    proxy.cut = true;
  };
  monitor.restore = () => {
    proxy.cut = false;
  };
  return monitor;
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
