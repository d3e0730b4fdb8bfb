// The gateway and the trainer as processes of `npm start`, which restarts either when it exits by itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { memoryEnvironment } from '../packages/trainer/dist/src/engines/memory.js';

const isWindows = process.platform === 'win32';
const restartMs = 1_000;
/** A trainer that exits by itself this often in a row, each time this soon after its start, is not restarted. */
const hopeless = { times: 3, soonMs: 30_000 };
/** Waits before the attempts to restart the gateway; after the last one it is given up. */
const gatewayTriesMs = [restartMs, 1_000, 2_000, 4_000];

/**
 * Starts the gateway or the trainer. It has a process group of its own, so that Ctrl-C reaches only this process, which stops
 * both in order; on Windows, where that would open a console, the programs ignore Ctrl-C instead. Its message channel closes
 * when this process dies.
 */
function start(name, flags, env) {
  const main = fileURLToPath(new URL(`../packages/${name}/dist/src/main.js`, import.meta.url));
  return spawn(process.execPath, [main, ...flags], {
    detached: !isWindows,
    windowsHide: true,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Asks a process to stop: on Windows every signal would end it at once. */
function stop(child, signal) {
  if (child.connected)
    child.send({ type: 'stop', signal }, () => {}); // It may be ending by itself.
  else child.kill(signal);
}

/** Resolves with the exit code of a process; 1 when a signal ended it. */
async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? 1;
}

/** Returns the port of a URL, which is omitted for 80, the default of both schemes. */
const portOf = (url) => new URL(url).port || '80';

/** The gateway, restarted when it exits by itself. */
export class Gateway {
  #argv;
  #stopping = new AbortController();

  constructor(argv) {
    this.#argv = argv;
  }

  /** Resolves with the gateway's addresses, or with its exit code when it does not start. */
  start(flags = []) {
    const logLevel = process.env.MONITOR_LOG_LEVEL || 'warn';
    const env = { ...process.env, MONITOR_LOG_LEVEL: logLevel };
    this.child = start('gateway', [...this.#argv, ...flags], env);
    const listening = once(this.child, 'message').then(([message]) => message);
    return Promise.race([listening, ended(this.child)]);
  }

  /**
   * Restarts the gateway on the same ports whenever it exits by itself.
   * @param onLost Called with its exit code when it does not restart.
   */
  async keep({ url, ingestUrl }, onLost) {
    const ports = ['--port', portOf(url), '--ingest-port', portOf(ingestUrl)];
    const { signal } = this.#stopping;
    for (;;) {
      await ended(this.child);
      if (signal.aborted) return;
      console.error('The gateway exited by itself and is being restarted. No events are lost.');
      const last = await this.#startAgain(ports);
      if (signal.aborted) return;
      if (typeof last === 'number') {
        console.error(
          'The gateway does not restart, so everything stops; npm start -- --resume continues the run.',
        );
        return onLost(last);
      }
    }
  }

  async #startAgain(flags) {
    const { signal } = this.#stopping;
    let last;
    for (const ms of gatewayTriesMs) {
      await wait(ms, undefined, { signal }).catch(() => {});
      if (signal.aborted) return last;
      last = await this.start(flags);
      if (typeof last !== 'number') return last;
    }
    return last;
  }

  async stop() {
    this.#stopping.abort();
    if (!this.child) return;
    stop(this.child, 'SIGTERM');
    await ended(this.child);
  }
}

/**
 * The trainer, restarted to continue its run whenever it exits by itself, except with --once or when its options are
 * invalid.
 */
export class Trainer {
  #argv;
  #stopped = false;

  constructor(argv) {
    this.#argv = argv;
  }

  /** Starts the trainer, which loads its data and engine, and waits for the gateway's address before it trains. */
  start(flags = []) {
    const env = { ...memoryEnvironment, ...process.env, MONITOR_HOLD: 'true' };
    this.child = start('trainer', [...this.#argv, ...flags], env);
  }

  /**
   * Lets the trainer begin, and starts it first if needed.
   * @param onWaiting Called whenever the trainer waits for a start from the page.
   * @returns The exit code of its last process.
   */
  async run({ gateway, once, onWaiting }) {
    if (!this.child) this.start();
    for (let times = 1; ; times++) {
      const startedAt = performance.now();
      this.child.on('message', ({ type }) => type === 'waiting' && onWaiting());
      this.child.send({ type: 'begin', gateway }, () => {}); // A trainer that has exited already is detected below.
      const code = await ended(this.child);
      if (this.#stopped || once || code === 0 || code === 2) return code;
      if (performance.now() - startedAt > hopeless.soonMs) times = 0;
      if (times === hopeless.times) {
        console.error('The trainer exited by itself again, soon after its start.');
        return code;
      }
      console.error('The trainer exited by itself and is being restarted to continue its run.');
      await wait(restartMs);
      if (this.#stopped) return code;
      this.start(['--resume', 'latest', '--wait']); // Override the first flags: the last of two counts.
    }
  }

  stop(signal) {
    this.#stopped = true;
    if (this.child) stop(this.child, signal);
  }
}
