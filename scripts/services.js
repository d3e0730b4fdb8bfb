// The gateway and the trainer as processes of `npm start`: whichever of them ends by itself is started again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { memoryEnvironment } from '../packages/trainer/dist/src/engines/memory.js';

const restartMs = 1_000;
/** A trainer that has ended by itself so often in a row, each time so soon after its start, would do so again. */
const hopeless = { times: 3, soonMs: 30_000 };
/** How long to wait before each try to start the gateway again; then it is given up. */
const gatewayTriesMs = [restartMs, 1_000, 2_000, 4_000];

/**
 * Starts one of our programs. In a process group of its own, so that Ctrl-C reaches only this process, which ends the
 * others in order; the message channel tells them when this process is gone.
 */
function start(name, flags, env) {
  const main = fileURLToPath(new URL(`../packages/${name}/dist/src/main.js`, import.meta.url));
  return spawn(process.execPath, [main, ...flags], {
    detached: true,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Resolves with the exit code of a process; 1 when a signal ended it. */
async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? 1;
}

/** A port is left out of an address where it is the scheme's own: 80 for both of ours. */
const portOf = (url) => new URL(url).port || '80';

/** The gateway. */
export class Gateway {
  #argv;
  #stopping = new AbortController();

  constructor(argv) {
    this.#argv = argv;
  }

  /** Resolves with its addresses, or with its exit code when it does not start. */
  start(flags = []) {
    const logLevel = process.env.MONITOR_LOG_LEVEL || 'warn';
    const env = { ...process.env, MONITOR_LOG_LEVEL: logLevel };
    this.child = start('gateway', [...this.#argv, ...flags], env);
    const listening = once(this.child, 'message').then(([message]) => message);
    return Promise.race([listening, ended(this.child)]);
  }

  /**
   * Starts it again, where it was, whenever it ends by itself.
   * @param onLost Called with its exit code when it does not start again.
   */
  async keep({ url, ingestUrl }, onLost) {
    const ports = ['--port', portOf(url), '--ingest-port', portOf(ingestUrl)];
    const { signal } = this.#stopping;
    for (;;) {
      await ended(this.child);
      if (signal.aborted) return;
      console.error('The gateway ended by itself; starting it again. Nothing is lost.');
      const last = await this.#startAgain(ports);
      if (signal.aborted) return;
      if (typeof last === 'number') {
        console.error(
          'The gateway does not start again, so everything ends; npm start -- --resume goes on with the run.',
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
    this.child.kill('SIGTERM');
    await ended(this.child);
  }
}

/**
 * The trainer, started again to go on with its run whenever it ends by itself. With --once it is not, and a trainer that
 * cannot do what it was told is not.
 */
export class Trainer {
  #argv;
  #stopped = false;

  constructor(argv) {
    this.#argv = argv;
  }

  /** It reads its data and starts its engine, and begins when it is told where the gateway is. */
  start(flags = []) {
    const env = { ...memoryEnvironment, ...process.env, MONITOR_HOLD: 'true' };
    this.child = start('trainer', [...this.#argv, ...flags], env);
  }

  /**
   * Lets it begin, started before or not.
   * @param onWaiting Called whenever it waits for a start from the page.
   * @returns Its exit code, when it has ended for good.
   */
  async run({ gateway, once, onWaiting }) {
    if (!this.child) this.start();
    for (let times = 1; ; times++) {
      const startedAt = performance.now();
      this.child.on('message', ({ type }) => type === 'waiting' && onWaiting());
      this.child.send({ type: 'begin', gateway }, () => {}); // One that has ended already is seen below.
      const code = await ended(this.child);
      if (this.#stopped || once || code === 0 || code === 2) return code;
      if (performance.now() - startedAt > hopeless.soonMs) times = 0;
      if (times === hopeless.times) {
        console.error('The trainer has ended by itself again, soon after it was started.');
        return code;
      }
      console.error('The trainer has ended by itself; starting it again, to go on with its run.');
      await wait(restartMs);
      if (this.#stopped) return code;
      this.start(['--resume', 'latest', '--wait']); // Over what it was told at first: the last of two flags counts.
    }
  }

  stop(signal) {
    this.#stopped = true;
    this.child?.kill(signal);
  }
}
