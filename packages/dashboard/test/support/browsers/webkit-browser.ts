import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { timeFactor } from '@mnist-monitor/shared/testing';
import { freePort } from '../free-port.ts';
import type { Look, Tab, TestBrowser, WindowSize } from './test-browser.ts';
import { type DriverSession, dragActions, isReady, keyActions, startSession } from './web-driver.ts';

/** The programs that run WebKitGTK without a screen, as paths. */
export interface WebKitPrograms {
  driver: string;
  browser: string;
  displayServer: string;
}

/** Launches WebKitGTK's MiniBrowser, driven by WebKitWebDriver, on a display of its own. */
export async function launchWebKit(programs: WebKitPrograms, { theme }: Look): Promise<TestBrowser> {
  const home = mkdtempSync(join(tmpdir(), 'mnist-webkit-'));
  const downloads = join(home, 'downloads');
  for (const folder of ['downloads', '.config']) mkdirSync(join(home, folder));
  writeFileSync(join(home, '.config/user-dirs.dirs'), `XDG_DOWNLOAD_DIR="${downloads}"\n`);
  const display = await startDisplay(programs.displayServer);
  const port = await freePort();
  const driver = spawn(programs.driver, [`--port=${port}`], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      DISPLAY: display.name,
      GTK_THEME: theme === 'dark' ? 'Adwaita:dark' : 'Adwaita',
      ...localeVariables(home),
      // Without a GPU, frames and screenshots take seconds or never end otherwise, and root may start no sandbox.
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      NO_AT_BRIDGE: '1',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    for (const each of [driver, display.server]) await end(each);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await until(() => isReady(url), 'WebKitWebDriver to be ready');
  } catch (error) {
    await close();
    throw error;
  }
  const options = { binary: programs.browser, args: ['--automation', '--full-screen'] };
  return {
    downloads,
    async open(size) {
      const session = await startSession(url, {
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': options,
      });
      const tab = openTab(session);
      await tab.resize(size);
      return tab;
    },
    close,
  };
}

/** Starts a display that is larger than any window of the tests. */
async function startDisplay(program: string): Promise<{ name: string; server: ChildProcess }> {
  const args = ['-displayfd', '3', '-screen', '0', '1600x6000x24', '-nolisten', 'tcp'];
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [number] = await once(server.stdio[3] as Readable, 'data');
  return { name: `:${String(number).trim()}`, server };
}

/**
 * Returns variables that set the locale en_US.UTF-8, compiled into a folder, because Debian installs without it. Without a
 * locale, WebKit's language is "C", which is no language that `Intl` knows.
 */
function localeVariables(folder: string): Record<string, string> {
  const locales = join(folder, 'locales');
  mkdirSync(locales);
  try {
    execFileSync('localedef', ['-f', 'UTF-8', '-i', 'en_US', join(locales, 'en_US.UTF-8')], {
      stdio: 'ignore',
    });
    return { LC_ALL: 'en_US.UTF-8', LOCPATH: locales };
  } catch {
    return { LC_ALL: 'C.UTF-8' };
  }
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.kill('SIGTERM')) await once(process, 'exit');
}

/** Resolves when the condition holds. Rejects when it does not in time. */
async function until(condition: () => Promise<boolean>, description: string): Promise<void> {
  const giveUpAt = Date.now() + 20_000 * timeFactor();
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`expected ${description}`);
    await delay(20);
  }
}

/** A tab of a session that has no other one: WebKitWebDriver runs one session, in a browser of its own, at a time. */
function openTab(session: DriverSession): Tab {
  const evaluate: Tab['evaluate'] = (run, ...args) =>
    session.send('POST', '/execute/sync', {
      script: `return (${run}).apply(null, [...arguments])`,
      args,
    });
  const resize = async ({ width, height }: WindowSize): Promise<void> => {
    await session.send('POST', '/window/rect', { x: 0, y: 0, width, height });
    await until(
      () => evaluate((wanted) => innerWidth === wanted[0] && innerHeight === wanted[1], [width, height]),
      `a window of ${width} × ${height}`,
    );
  };
  return {
    async goto(url) {
      await session.send('POST', '/url', { url });
      await evaluate(collectProblems);
    },
    evaluate,
    press: async (key) => {
      await session.send('POST', '/actions', keyActions([key]));
    },
    type: async (text) => {
      await session.send('POST', '/actions', keyActions([...text]));
    },
    drag: async (points) => {
      await session.send('POST', '/actions', dragActions(points));
    },
    resize,
    screenshot: async () => Buffer.from(await session.send<string>('GET', '/screenshot'), 'base64'),
    print: async () => undefined,
    problems: () => evaluate(() => (globalThis as unknown as Collecting).problems ?? []),
    close: async () => {
      await session.send('DELETE', '');
    },
  };
}

interface Collecting {
  problems?: string[];
}

/**
 * Collects the problems of a page from its load on. WebDriver has no events for them, and no scripts that run before those of the
 * page: violations of the policy are buffered, and the page itself shows its uncaught errors, in `#failure`.
 */
function collectProblems(): void {
  const problems: string[] = [];
  Object.assign(globalThis, { problems });
  for (const level of ['error', 'warn'] as const) {
    const report = console[level];
    console[level] = (...parts) => {
      problems.push(parts.join(' '));
      report(...parts);
    };
  }
  addEventListener('error', ({ message }) => problems.push(message));
  addEventListener('unhandledrejection', ({ reason }) => problems.push(String(reason)));
  const failure = document.querySelector('#failure');
  if (failure) problems.push(failure.textContent ?? '');
  new ReportingObserver(
    (reports) => {
      for (const { body } of reports) problems.push(`policy violated: ${JSON.stringify(body)}`);
    },
    { types: ['csp-violation'], buffered: true },
  ).observe();
}
