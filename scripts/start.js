// `npm start`: runs the gateway and the trainer together, until Ctrl-C or, with --once, until the run ends.
import { spawn } from 'node:child_process';
import { MonitorError } from '@mnist-monitor/shared';
import { parseOptions, requestedText } from '@mnist-monitor/shared/options';
import { installTensorflow } from '../packages/trainer/dist/src/install/install-tensorflow.js';
import { installedLibrary } from '../packages/trainer/dist/src/install/tensorflow-library.js';
import { Gateway, Trainer } from './services.js';

const argv = process.argv.slice(2);
const isEngineInstalled = (engine) =>
  engine === 'wasm' || engine === 'webgpu' || installedLibrary() !== undefined;

/** Installs TensorFlow; if that fails, prints what is missing and continues without it. */
async function installEngine(engine, signal) {
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
 * Passes on to the programs what the terminal sends only to this process, as each has a process group of its own: Ctrl-Z, its
 * end, and a new width of the window.
 */
function followTerminal(services) {
  if (process.platform === 'win32') return; // It has no such signals, and the programs share the console.
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

/** @returns The exit code. */
async function run() {
  const options = parseOptions(argv, process.env);
  const gateway = new Gateway(argv);
  const trainer = new Trainer(argv);
  followTerminal([gateway, trainer]);
  const installing = new AbortController();
  let signalled = false;
  let isOver = false;
  let end;
  /** Resolves with the exit code when everything stops before the run ends. */
  const ending = new Promise((resolve) => {
    end = (code, signal) => {
      isOver = true;
      installing.abort();
      trainer.stop(signal);
      resolve(code);
    };
  });
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
    process.on(signal, () => {
      signalled = true;
      end(code, signal);
    });

  try {
    if (isEngineInstalled(options.engine)) trainer.start();
    const listening = await gateway.start();
    if (typeof listening === 'number') return listening;
    gateway.keep(listening, (code) => end(code, 'SIGTERM'));
    console.log(`
MNIST Training Monitor

  Dashboard ${listening.url}
  Settings  npm start -- --help lists them: --epochs, --batch-size, --report-interval and others
`);
    if (options.open) openBrowser(listening.url);

    if (!isEngineInstalled(options.engine)) await installEngine(options.engine, installing.signal);
    if (isOver) return await ending;
    const code = await trainer.run({
      gateway: options.gateway ?? listening.ingestUrl,
      once: options.once,
      onWaiting: () => console.log(`\nStart a new run at ${listening.url}. Ctrl-C stops everything.`),
    });
    // A trainer that was idle or done has ended well.
    if (isOver) return signalled && code === 0 ? 0 : await ending;
    if (options.once || code === 2) return code;

    console.log(`\nThe dashboard stays at ${listening.url}. Ctrl-C stops it.`);
    const last = await ending;
    return signalled ? code : last;
  } finally {
    trainer.stop('SIGTERM');
    await gateway.stop();
  }
}

const information = requestedText(argv, 'npm start --');
if (information !== undefined) {
  process.stdout.write(information);
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
