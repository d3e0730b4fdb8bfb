import { MonitorError } from '@mnist-monitor/shared';
import { helpText, isHelpRequested } from '@mnist-monitor/shared/options';
import { type Logger, pino } from 'pino';
import { buildGateway, type Gateway } from './app.ts';
import type { ClusterBus } from './cluster/bus.ts';
import { type Config, readConfig } from './config.ts';
import { listen } from './listen.ts';
import type { Store } from './store/store.ts';

const argv = process.argv.slice(2);
if (isHelpRequested(argv)) process.stdout.write(helpText('npm run gateway --'));
else await run().catch(fail);

async function run(): Promise<void> {
  const config = readConfig(argv, process.env);
  const log = pino({ level: config.logLevel });
  const gateway = await buildGateway({ config, ...(await openPlace(config, log)), log });

  const listening = listen(gateway, config).catch((error) => closeAndThrow(gateway, error));
  let closing = false;
  const stop = (why: string): void => {
    // The same Ctrl-C may come twice, from the terminal and from npm.
    if (closing) return;
    closing = true;
    log.info({ why }, 'closing');
    listening.then(() => gateway.close()).then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));
  const orphan = (): void => stop('the process that started this one is gone');
  process.on('disconnect', orphan);
  if (process.connected === false) orphan(); // It went while this was loading; without a channel it is undefined.

  const addresses = await listening;
  log.info(addresses, 'ready');
  // On its own it tells people, beside the log; otherwise whoever started it does, if it is still there.
  if (process.send) process.send({ type: 'listening', ...addresses }, undefined, undefined, () => {});
  else process.stderr.write(`Dashboard ${addresses.url}\n`);
}

/** Where runs are kept. Only what is used is loaded: Redis's client alone takes a fifth of the time to start. */
async function openPlace(
  { redisUrl, runs }: Config,
  log: Logger,
): Promise<{ store: Store; bus?: ClusterBus }> {
  if (redisUrl !== undefined) return (await import('./redis/open.ts')).openRedis(redisUrl, log);
  return { store: (await import('./store/sqlite-store.ts')).openSqliteStore(runs) };
}

async function closeAndThrow(gateway: Gateway, error: unknown): Promise<never> {
  await gateway.close();
  throw error;
}

/** Says what is wrong, a line per mistake; only a mistake of ours shows where it happened. */
function fail(error: unknown): never {
  const known = error instanceof MonitorError;
  process.stderr.write(`${known ? error.message : (error as Error).stack}\n`);
  process.exit(known ? error.exitCode : 1);
}
