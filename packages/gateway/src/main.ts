import { describeFailure, MonitorError, printable } from '@mnist-monitor/shared';
import { requestedText } from '@mnist-monitor/shared/options';
import { type Logger, pino } from 'pino';
import type { Gateway } from './app.ts';
import type { ClusterBus } from './cluster/bus.ts';
import { type Config, gatewayOptions, readConfig } from './config.ts';
import { limits } from './limits.ts';
import { checkPorts, listen } from './listen.ts';
import { HeapTrimmer } from './memory.ts';
import type { Store } from './store/store.ts';

const argv = process.argv.slice(2);
const requested = requestedText(argv, 'gateway', gatewayOptions);
if (requested !== undefined) process.stdout.write(requested);
else await run().catch(fail);

async function run(): Promise<void> {
  const config = readConfig(argv, process.env);
  const log = createLog(config.logLevel);
  await checkPorts(config);
  // The store opens on its own threads while this one loads the modules of the servers, which takes most of the start.
  const [opened, { buildGateway }] = await Promise.all([openStore(config, log), import('./app.ts')]);
  const gateway = await buildGateway({ config, ...opened, log });

  const listening = listen(gateway, config).catch((error) => closeAndThrow(gateway, error));
  let closing = false;
  const stop = (why: string): void => {
    // The terminal and npm may both forward the same Ctrl-C.
    if (closing) return;
    closing = true;
    log.info({ why }, 'closing');
    listening
      .then(() => gateway.close())
      .then(
        () => process.exit(0),
        (error) => (isStalled(error) ? abandonStore(error, log) : fail(error)),
      );
  };
  // `npm start` stops this process by a message, after the trainer has ended. On Windows, a signal from
  // `npm start` would end this process at once, and Ctrl-C reaches every process of the console. There, this process
  // ignores signals and waits for the message.
  process.on('message', ({ type, signal }: { type: string; signal: string }) => {
    if (type === 'stop') stop(signal);
  });
  process.channel?.unref(); // Otherwise the listener for messages would keep the process alive.
  const isStoppedByParent = process.platform === 'win32' && process.send !== undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => isStoppedByParent || stop(signal));
  const stopAsOrphan = (): void => stop('the parent process exited');
  process.on('disconnect', stopAsOrphan);
  // The parent may have exited while this process was loading. Without a parent, `connected` is undefined.
  if (process.connected === false) stopAsOrphan();

  const addresses = await listening;
  new HeapTrimmer({ limits });
  log.info(addresses, 'ready');
  // A parent process receives the addresses and displays them; it may be about to exit, which is no error.
  if (process.send) process.send({ type: 'listening', ...addresses }, undefined, undefined, () => {});
  else process.stderr.write(`Dashboard ${addresses.url}\n`);
}

/**
 * Creates the log on standard output. `printable` replaces invisible characters by JSON's own escapes, so a program that
 * parses a line gets the original text.
 */
function createLog(level: Config['logLevel']): Logger {
  const output = pino.destination({ fd: 1, sync: true });
  return pino({ level }, { write: (line) => output.write(printable(line)) });
}

/**
 * Opens the store of runs. Loads only the modules of the configured store: the Redis client takes a fifth of the time
 * to start.
 */
async function openStore(
  { redisUrl, runs }: Config,
  log: Logger,
): Promise<{ store: Store; bus?: ClusterBus }> {
  if (redisUrl !== undefined) return (await import('./redis/open.ts')).openRedis(redisUrl, log);
  const { openSqliteStore } = await import('./store/sqlite-store.ts');
  return { store: await openSqliteStore(runs, { onLoss: (message) => log.error(message) }) };
}

async function closeAndThrow(gateway: Gateway, error: unknown): Promise<never> {
  await gateway.close();
  throw error;
}

const isStalled = (error: unknown): error is MonitorError =>
  error instanceof MonitorError && error.code === 'store.stalled';

/**
 * Logs that the store has not closed, and ends this process with SIGKILL: `process.exit` would wait for the thread that
 * waits for the disk.
 */
function abandonStore({ code, message }: MonitorError, log: Logger): void {
  log.error({ code }, `ending without closing the store: ${message}`);
  process.kill(process.pid, 'SIGKILL');
}

/** Prints the error and exits. Only an internal error shows its stack. */
function fail(error: unknown): never {
  const { text, exitCode } = describeFailure(error);
  process.stderr.write(`${text}\n`);
  process.exit(exitCode);
}
