import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1440,900',
  '--remote-debugging-port=0',
];

/**
 * Chromium, controlled by a few commands of the DevTools protocol. Playwright is no option: it makes the browser report
 * every WebSocket message, which costs more than the page itself.
 */
export class Chromium {
  #child;
  #socket;
  #profile;
  #lastId = 0;
  #waiting = new Map();

  static async start(executable) {
    const chromium = new Chromium();
    chromium.#profile = mkdtempSync(join(tmpdir(), 'mnist-chromium-'));
    chromium.#child = spawn(executable, [...flags, `--user-data-dir=${chromium.#profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await chromium.#connect(await addressOf(chromium.#child.stderr));
    return chromium;
  }

  async #connect(address) {
    this.#socket = new WebSocket(address, { perMessageDeflate: false });
    this.#socket.on('message', (text) => {
      const { id, result, error } = JSON.parse(text);
      const pending = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) pending?.reject(new Error(error.message));
      else pending?.resolve(result);
    });
    await new Promise((resolve, reject) => {
      this.#socket.on('open', resolve).on('error', reject);
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Opens a page that runs the function `script` before its own scripts. */
  async open(url, script) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new BenchPage(this, { targetId, sessionId });
    await page.send('Page.enable');
    await page.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${script})()` });
    await page.send('Page.navigate', { url });
    return page;
  }

  /** Returns the ids of the processes that run pages. */
  async renderers() {
    const { processInfo } = await this.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  }

  async version() {
    return (await this.send('Browser.getVersion')).product;
  }

  async close() {
    const ended = new Promise((resolve) => this.#child.on('exit', resolve));
    await this.send('Browser.close');
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

class BenchPage {
  #browser;
  #ids;

  constructor(browser, ids) {
    this.#browser = browser;
    this.#ids = ids;
  }

  send(method, params) {
    return this.#browser.send(method, params, this.#ids.sessionId);
  }

  /** Returns the value of an expression in the page. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Resolves when an expression becomes true. */
  async until(expression, timeoutMs = 60_000) {
    const deadline = performance.now() + timeoutMs;
    while (!(await this.evaluate(expression))) {
      if (performance.now() > deadline) throw new Error(`timed out waiting for ${expression}`);
      await wait(100);
    }
  }

  close() {
    return this.#browser.send('Target.closeTarget', { targetId: this.#ids.targetId });
  }
}

/** Reads the address of the DevTools from Chromium's standard error. */
async function addressOf(stderr) {
  for await (const line of createInterface({ input: stderr })) {
    const [, address] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error('expected Chromium to listen for DevTools, it exited');
}
