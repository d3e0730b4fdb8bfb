import { MonitorError } from '@mnist-monitor/shared';
import { helpText } from '@mnist-monitor/shared/options';
import { pino } from 'pino';
import { buildGateway, type Gateway } from './app.ts';
import { readConfig } from './config.ts';
import { listen } from './listen.ts';
import { openRedis } from './redis/open.ts';
import { openSqliteStore } from './store/sqlite.ts';

const argv = process.argv.slice(2);
if (argv.includes('--help')) process.stdout.write(helpText('npm run gateway --'));
else await run().catch(fail);

async function run(): Promise<void> {
  const config = readConfig(argv, process.env);
  const log = pino({ level: config.logLevel });
  const { redisUrl, runs } = config;
  const place = redisUrl === undefined ? { store: openSqliteStore(runs) } : await openRedis(redisUrl, log);
  const gateway = await buildGateway({ config, ...place, log });

  let closing = false;
  const stop = (why: string): void => {
    // The same Ctrl-C may come twice, from the terminal and from npm.
    if (closing) return;
    closing = true;
    log.info({ why }, 'closing');
    gateway.close().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('the process that started this one is gone'));

  const addresses = await listen(gateway, config).catch((error) => closeAndThrow(gateway, error));
  log.info(addresses, 'ready');
  // On its own it tells people, beside the log; otherwise whoever started it does.
  if (process.send) process.send({ type: 'listening', ...addresses });
  else process.stderr.write(`Dashboard ${addresses.url}\n`);
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
