import { type Options, parseOptions } from '@mnist-monitor/shared/options';

/** Names of the options that the gateway reads. */
export const gatewayOptions = [
  'host',
  'port',
  'bind',
  'ingestHost',
  'ingestPort',
  'proxies',
  'origins',
  'embed',
  'runs',
  'keep',
  'uploads',
  'viewers',
  'redisUrl',
  'token',
  'commandToken',
  'logLevel',
] as const satisfies (keyof Options)[];

/** The values of the options that the gateway reads. `optionTable` of the shared package documents each option. */
export type Config = Pick<Options, (typeof gatewayOptions)[number]>;

/**
 * Reads the options of the gateway from the command line and the environment.
 * @throws MonitorError `option.invalid` with one line per invalid option.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const options = parseOptions(argv, env);
  return Object.fromEntries(gatewayOptions.map((name) => [name, options[name]])) as Config;
}
