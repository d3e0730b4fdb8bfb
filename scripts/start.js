// `npm start`: the gateway and the trainer together, until Ctrl-C or, with --once, until the run ends. Whichever of them
// ends by itself is started again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MonitorError } from '@mnist-monitor/shared';
import { helpText, readOptions } from '@mnist-monitor/shared/options';
import { installTensorflow } from '../packages/trainer/dist/src/engines/install.js';
import { installedLibrary } from '../packages/trainer/dist/src/engines/tensorflow-library.js';

const argv = process.argv.slice(2);
const restartMs = 1_000;
/** A trainer that has ended by itself so often in a row, each time so soon after its start, would do so again. */
const hopeless = { times: 3, soonMs: 30_000 };

/**
 * Starts one of our programs with the same flags. In a process group of its own, so that Ctrl-C reaches only this
 * process, which ends the others in order; the message channel tells them when this process is gone.
 */
function start(name, env) {
  const main = fileURLToPath(new URL(`../packages/${name}/dist/src/main.js`, import.meta.url));
  return spawn(process.execPath, [main, ...argv], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Resolves with the exit code of a process; 1 when a signal ended it. */
async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? 1;
}

/** The gateway, started again whenever it ends by itself after it has once listened. */
class Gateway {
  #stopped = false;

  /** Resolves with its addresses, or with its exit code when it does not start. */
  async start() {
    this.child = start('gateway', { MONITOR_LOG_LEVEL: process.env.MONITOR_LOG_LEVEL || 'warn' });
    const first = await Promise.race([
      once(this.child, 'message').then(([message]) => message),
      ended(this.child),
    ]);
    if (typeof first !== 'number') this.#restartWhenItEnds();
    return first;
  }

  async #restartWhenItEnds() {
    await ended(this.child);
    if (this.#stopped) return;
    console.error('The gateway ended by itself; starting it again. Nothing is lost.');
    await wait(restartMs);
    if (!this.#stopped) await this.start();
  }

  async stop() {
    this.#stopped = true;
    if (!this.child) return;
    this.child.kill('SIGTERM');
    await ended(this.child);
  }
}

/**
 * The trainer, started again to go on with its run whenever it ends by itself. With --once it is not, and a trainer that
 * cannot do what it was told is not.
 */
class Trainer {
  #stopped = false;

  /** It reads its data and starts its engine, and begins when it is told where the gateway is. */
  start(env) {
    this.child = start('trainer', { ...env, MONITOR_HOLD: 'true' });
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
      this.start({ MONITOR_RESUME: 'latest', MONITOR_WAIT: 'true' });
    }
  }

  stop(signal) {
    this.#stopped = true;
    this.child?.kill(signal);
  }
}

const isEngineInstalled = (engine) =>
  engine === 'wasm' || engine === 'webgpu' || installedLibrary() !== undefined;

/** Installs TensorFlow; where that cannot be, says what is missing and goes on without. */
async function installEngine(engine) {
  try {
    await installTensorflow('cpu', (line) => console.log(`  ${line}`));
  } catch (error) {
    if (!(error instanceof MonitorError) || engine !== 'auto') throw error;
    console.log(`  Training would be several times as fast with TensorFlow, but ${error.message}.`);
  }
}

function openBrowser(url) {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform] ?? 'xdg-open';
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => console.log(`  No browser found to open ${url} with.`))
    .unref();
}

/** @returns The exit code. */
async function run() {
  const options = readOptions(argv, process.env);
  const gateway = new Gateway();
  const trainer = new Trainer();
  let signalled = false;
  const interrupted = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.on(signal, () => {
        signalled = true;
        trainer.stop(signal);
        resolve(signal === 'SIGINT' ? 130 : 143);
      });
  });

  try {
    if (isEngineInstalled(options.engine)) trainer.start();
    const listening = await gateway.start();
    if (typeof listening === 'number') return listening;
    console.log(`
MNIST Training Monitor

  Dashboard ${listening.url}
  Settings  npm start -- --help lists them: --epochs, --batch-size, --report-interval and others
`);
    if (options.open) openBrowser(listening.url);

    if (!isEngineInstalled(options.engine)) await installEngine(options.engine);
    if (signalled) return await interrupted;
    const code = await trainer.run({
      gateway: process.env.MONITOR_GATEWAY || listening.ingestUrl,
      once: options.once,
      onWaiting: () => console.log(`\nA new run can be started at ${listening.url}; Ctrl-C ends everything.`),
    });
    if (signalled || options.once || code === 2) return code;

    console.log(`\nThe dashboard stays at ${listening.url}; Ctrl-C ends it.`);
    await interrupted;
    return code;
  } finally {
    trainer.stop('SIGTERM');
    await gateway.stop();
  }
}

if (argv.includes('--help')) {
  process.stdout.write(helpText('npm start --'));
} else {
  try {
    process.exitCode = await run();
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}
process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
