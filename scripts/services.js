// The gateway and the trainer as child processes of `npm start`. Either is restarted when it exits unexpectedly.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandLine } from '@mnist-monitor/shared/command-line';
import { memoryEnvironment as gatewayMemory } from '../packages/gateway/dist/src/memory.js';
import { memoryEnvironment as trainerMemory } from '../packages/trainer/dist/src/engines/memory.js';

const isWindows = process.platform === 'win32';
const restartMs = 1_000;
/** The trainer is given up after `exits` unexpected exits in a row, each within `withinMs` of its start. */
const trainerGiveUp = { exits: 3, withinMs: 30_000 };
/** Delay before each attempt to restart the gateway. After the last attempt the gateway is given up. */
const gatewayRestartDelaysMs = [restartMs, 1_000, 2_000, 4_000];

/**
 * Starts the gateway or the trainer in a process group of its own. Ctrl-C then reaches only this process, which stops the
 * trainer before the gateway. On Windows, where a process group would open a console window, both ignore Ctrl-C instead. When
 * this process dies, the message channel to the child closes, and the child stops.
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

/** Asks a child process to stop, by a message if possible: on Windows a signal would end the process at once. */
function stop(child, signal) {
  if (child.connected)
    child.send({ type: 'stop', signal }, () => {}); // The child may have exited in the meantime.
  else child.kill(signal);
}

/** Resolves with the exit code of a process; 1 when a signal ended it. */
async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? 1;
}

/** Returns the port of an http or ws URL. `URL` omits 80, the default port of both schemes. */
const portOf = (url) => new URL(url).port || '80';

/** The gateway process, restarted when it exits unexpectedly. */
export class Gateway {
  #argv;
  #stopping = new AbortController();

  constructor(argv) {
    this.#argv = argv;
  }

  /** Starts the gateway. Resolves with its addresses, or with its exit code when it does not start. */
  start(flags = []) {
    const logLevel = process.env.MONITOR_LOG_LEVEL || 'warn';
    const env = { ...gatewayMemory, ...process.env, MONITOR_LOG_LEVEL: logLevel };
    this.child = start('gateway', [...this.#argv, ...flags], env);
    const listening = once(this.child, 'message').then(([message]) => message);
    return Promise.race([listening, ended(this.child)]);
  }

  /**
   * Restarts the gateway on the same ports whenever it exits unexpectedly.
   * @param onLost Called with the gateway's exit code when all attempts to restart it have failed.
   */
  async keepRunning({ url, ingestUrl }, onLost) {
    const ports = ['--port', portOf(url), '--ingest-port', portOf(ingestUrl)];
    const { signal } = this.#stopping;
    for (;;) {
      await ended(this.child);
      if (signal.aborted) return;
      console.error('The gateway exited by itself and is being restarted. No events are lost.');
      const result = await this.#restart(ports);
      if (signal.aborted) return;
      if (typeof result === 'number') {
        console.error(
          `The gateway does not restart, so everything stops; ${commandLine('start', '--resume')} continues the run.`,
        );
        return onLost(result);
      }
    }
  }

  async #restart(flags) {
    const { signal } = this.#stopping;
    let result;
    for (const ms of gatewayRestartDelaysMs) {
      await wait(ms, undefined, { signal }).catch(() => {});
      if (signal.aborted) return result;
      result = await this.start(flags);
      if (typeof result !== 'number') return result;
    }
    return result;
  }

  async stop() {
    this.#stopping.abort();
    if (!this.child) return;
    stop(this.child, 'SIGTERM');
    await ended(this.child);
  }
}

/**
 * The trainer process, restarted to continue its run whenever it exits unexpectedly, except with --once or when its options
 * are invalid.
 */
export class Trainer {
  #argv;
  #stopped = false;

  constructor(argv) {
    this.#argv = argv;
  }

  /** Starts the trainer. It loads dataset and engine, then waits for the message `begin` with the gateway's address. */
  start(flags = []) {
    const env = { ...trainerMemory, ...process.env, MONITOR_AWAIT_GATEWAY: 'true' };
    this.child = start('trainer', [...this.#argv, ...flags], env);
  }

  /**
   * Starts the trainer if necessary, sends it the gateway's address, and waits for its end.
   * @param onWaiting Called whenever the trainer waits until a user starts a run on the page.
   * @returns The exit code of the last trainer process.
   */
  async run({ gateway, once, onWaiting }) {
    if (!this.child) this.start();
    for (let exits = 1; ; exits++) {
      const startedAt = performance.now();
      this.child.on('message', ({ type }) => type === 'waiting' && onWaiting());
      this.child.send({ type: 'begin', gateway }, () => {}); // A trainer that has exited already is detected below.
      const code = await ended(this.child);
      if (this.#stopped || once || code === 0 || code === 2) return code;
      if (performance.now() - startedAt > trainerGiveUp.withinMs) exits = 0;
      if (exits === trainerGiveUp.exits) {
        console.error('The trainer exited by itself again soon after its start, and is not restarted.');
        return code;
      }
      console.error('The trainer exited by itself and is being restarted to continue its run.');
      await wait(restartMs);
      if (this.#stopped) return code;
      // These flags follow the original ones and override them: of a repeated flag, the last value counts.
      this.start(['--resume', 'latest', '--wait']);
    }
  }

  stop(signal) {
    this.#stopped = true;
    if (this.child) stop(this.child, signal);
  }
}
