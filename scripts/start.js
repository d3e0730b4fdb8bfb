// `npm start`: runs the gateway and the trainer together, until Ctrl-C or, with --once, until the run ends.
// Modules that take long to load are imported when they are needed: the two processes start first.
import { spawn } from 'node:child_process';
import { commandLine } from '@mnist-monitor/shared/command-line';
import { describeFailure, MonitorError } from '@mnist-monitor/shared/errors';
import { installedLibrary } from '../packages/trainer/dist/src/install/tensorflow-library.js';
import { Gateway, Trainer } from './services.js';

const argv = process.argv.slice(2);

/** Installs TensorFlow; if that fails with the engine `auto`, prints what is missing and continues without it. */
async function installEngine(engine, signal) {
  const { installTensorflow } = await import('../packages/trainer/dist/src/install/install-tensorflow.js');
  try {
    await installTensorflow('cpu', { log: (line) => console.log(`  ${line}`), signal });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof MonitorError) || engine !== 'auto') throw error;
    console.log(`  Training would be several times faster with TensorFlow, but ${error.message}.`);
  }
}

function openBrowser(url) {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform] ?? 'xdg-open';
  spawn(command, [url], { stdio: 'ignore', detached: true, windowsHide: true })
    .on('error', () => console.log(`  No browser found to open ${url}.`))
    .unref();
}

/**
 * Forwards the terminal's signals for Ctrl-Z, for continuing after Ctrl-Z and for a new window size to gateway and trainer:
 * these have process groups of their own, so the terminal sends the signals only to this process.
 */
function forwardTerminalSignals(services) {
  if (process.platform === 'win32') return; // Windows has no such signals, and all processes share the console.
  const send = (signal) => {
    for (const { child } of services) child?.kill(signal);
  };
  process.on('SIGTSTP', () => {
    send('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
  process.on('SIGCONT', () => send('SIGCONT'));
  process.on('SIGWINCH', () => send('SIGWINCH'));
}

/** Reads the options of this process; undefined when one is invalid, which the gateway reports before it exits. */
async function readOptions() {
  const { parseOptions } = await import('@mnist-monitor/shared/options');
  try {
    return parseOptions(argv, process.env);
  } catch (error) {
    if (error instanceof MonitorError) return undefined;
    throw error;
  }
}

/** Returns the text that `--help` or `--version` asks for; undefined without these flags. */
async function requestedText() {
  if (!['--help', '-h', '--version'].some((flag) => argv.includes(flag))) return undefined;
  const options = await import('@mnist-monitor/shared/options');
  return options.requestedText(argv, 'start');
}

/** Runs gateway and trainer until both have stopped. @returns The exit code. */
async function run() {
  const gateway = new Gateway(argv);
  const trainer = new Trainer(argv);
  forwardTerminalSignals([gateway, trainer]);
  const installing = new AbortController();
  let signalled = false;
  let isShuttingDown = false;
  let beginShutdown;
  /** Resolves with the exit code that `beginShutdown` receives: on a signal, or when the gateway cannot be restarted. */
  const shutdownStarted = new Promise((resolve) => {
    beginShutdown = (code, signal) => {
      isShuttingDown = true;
      installing.abort();
      trainer.stop(signal);
      resolve(code);
    };
  });
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
    process.on(signal, () => {
      signalled = true;
      beginShutdown(code, signal);
    });

  try {
    const hasTensorflow = installedLibrary() !== undefined;
    const starting = gateway.start();
    if (hasTensorflow) trainer.start();
    const options = await readOptions();
    const isEngineInstalled = hasTensorflow || ['wasm', 'webgpu'].includes(options?.engine);
    if (options && isEngineInstalled && !trainer.child) trainer.start();
    const listening = await starting;
    if (typeof listening === 'number') return listening;
    gateway.keepRunning(listening, (code) => beginShutdown(code, 'SIGTERM'));
    console.log(`
MNIST Training Monitor

  Dashboard ${listening.url}
  Settings  ${commandLine('start', '--help')} lists them: --epochs, --batch-size, --report-interval and others
`);
    if (options.open) openBrowser(listening.url);

    if (!isEngineInstalled) await installEngine(options.engine, installing.signal);
    if (isShuttingDown) return await shutdownStarted;
    const code = await trainer.run({
      gateway: options.gateway ?? listening.ingestUrl,
      once: options.once,
      onWaiting: () => console.log(`\nStart a new run at ${listening.url}. Ctrl-C stops everything.`),
    });
    // Code 0 after a signal means that the signal interrupted no run.
    if (isShuttingDown) return signalled && code === 0 ? 0 : await shutdownStarted;
    if (options.once || code === 2) return code;

    console.log(`\nThe dashboard stays at ${listening.url}. Ctrl-C stops it.`);
    const shutdownCode = await shutdownStarted;
    return signalled ? code : shutdownCode;
  } finally {
    trainer.stop('SIGTERM');
    await gateway.stop();
  }
}

const helpOrVersion = await requestedText();
if (helpOrVersion !== undefined) {
  process.stdout.write(helpOrVersion);
} else {
  try {
    process.exitCode = await run();
  } catch (error) {
    const { text, exitCode } = describeFailure(error);
    console.error(text);
    process.exitCode = exitCode;
  }
}
process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
