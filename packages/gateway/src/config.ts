import { type Options, parseOptions } from '@mnist-monitor/shared/options';

/** What the gateway can be told from outside; the meaning of each is in the shared table of options. */
export type Config = Pick<
  Options,
  | 'host'
  | 'port'
  | 'bind'
  | 'ingestHost'
  | 'ingestPort'
  | 'proxies'
  | 'origins'
  | 'runs'
  | 'keep'
  | 'redisUrl'
  | 'token'
  | 'commandToken'
  | 'logLevel'
>;

/**
 * Reads the command line and the environment.
 * @throws MonitorError `option.invalid` with one line per mistake.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const options = parseOptions(argv, env);
  const { host, port, bind, ingestHost, ingestPort, proxies, origins } = options;
  const { runs, keep, redisUrl, token, commandToken, logLevel } = options;
  return {
    ...{ host, port, bind, ingestHost, ingestPort, proxies, origins },
    ...{ runs, keep, redisUrl, token, commandToken, logLevel },
  };
}
