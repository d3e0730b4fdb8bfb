import { type Options, readOptions } from '@mnist-monitor/shared/options';

/** What the gateway can be told from outside; the meaning of each is in the shared table of options. */
export type Config = Pick<
  Options,
  'host' | 'port' | 'ingestHost' | 'ingestPort' | 'runs' | 'keep' | 'token' | 'logLevel'
>;

/**
 * Reads the command line and the environment.
 * @throws MonitorError `option.invalid` with one line per mistake.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const { host, port, ingestHost, ingestPort, runs, keep, token, logLevel } = readOptions(argv, env);
  return { host, port, ingestHost, ingestPort, runs, keep, token, logLevel };
}
