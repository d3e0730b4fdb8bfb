import { MonitorError } from '../protocol/errors.ts';
import { closestMatch } from './closest-match.ts';
import { type OptionName, type Options, optionTable } from './option-table.ts';
import type { OptionDefinition } from './option-types.ts';
import type { RetentionPolicy } from './retention.ts';

export type { OptionName, Options, RetentionPolicy };
export { optionTable };

const prefix = 'MONITOR_';
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** The flag of an option: `--batch-size` of `batchSize`. */
export const flagName = (name: string): string => `--${kebab(name)}`;
const variableName = (name: string): string => `${prefix}${kebab(name).replaceAll('-', '_').toUpperCase()}`;

const byFlag = new Map(Object.keys(optionTable).map((name) => [flagName(name), name as OptionName]));
const byVariable = new Map(Object.keys(optionTable).map((name) => [variableName(name), name as OptionName]));
const variableEndings = [...byVariable.keys()].map((variable) => variable.slice(prefix.length));

/** Never repeated, not even in an error. */
const secrets: readonly OptionName[] = ['token', 'commandToken', 'redisUrl'];

const shown = (name: OptionName, given: string): string => {
  if (given === '') return 'nothing';
  return secrets.includes(name) ? 'what was given' : `"${given}"`;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command line and the environment; a flag wins over its variable.
 * @throws MonitorError `option.invalid` with one line per mistake.
 */
export const parseOptions = (argv: readonly string[], env: Environment): Options =>
  applyDefaults(parseGivenOptions(argv, env));

/** What was given, and of all else the default. */
export function applyDefaults(given: Partial<Options>): Options {
  const defaults = Object.entries(optionTable).map(([name, option]) => [name, option.default]);
  return { ...Object.fromEntries(defaults), ...given } as Options;
}

/** The same without the defaults: only what was given. */
export function parseGivenOptions(argv: readonly string[], env: Environment): Partial<Options> {
  const values: Partial<Record<OptionName, unknown>> = {};
  const mistakes: string[] = [];

  const take = (source: string, name: OptionName, given: string): void => {
    const value = optionTable[name].parse(given);
    if (value === undefined)
      mistakes.push(`${source}: expected ${optionTable[name].expected}, got ${shown(name, given)}`);
    else values[name] = value;
  };

  for (const [variable, given] of Object.entries(env)) {
    if (given === undefined || given === '' || !variable.startsWith(prefix)) continue;
    const name = byVariable.get(variable);
    if (name) take(variable, name, given);
    else {
      // Only one that is nearly ours: others may have variables that begin so.
      const meant = closestMatch(variable.slice(prefix.length), variableEndings);
      if (meant) mistakes.push(unknown(variable, prefix + meant));
    }
  }

  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [flag, inline] = splitFlag(argument);
    const name = byFlag.get(flag);
    if (!name) {
      mistakes.push(unknown(argument.slice(0, 100), closestMatch(flag, byFlag.keys())));
      if (flag.startsWith('--') && rest[0]?.startsWith('--') === false) rest.shift(); // Its value, no second mistake.
    } else if (inline !== undefined) take(flag, name, inline);
    else if (optionTable[name].value === 'none') values[name] = true;
    else if (rest[0] === undefined || rest[0].startsWith('--')) {
      if (optionTable[name].value === 'optional') take(flag, name, '');
      else mistakes.push(`${flag}: expected ${optionTable[name].expected}, got nothing`);
    } else take(flag, name, rest.shift() as string);
  }

  if (mistakes.length > 0) throw new MonitorError('option.invalid', mistakes.join('\n'));
  return values as Partial<Options>;
}

function splitFlag(argument: string): [flag: string, inline: string | undefined] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

const unknown = (given: string, meant: string | undefined): string =>
  `${given}: unknown${meant ? ` (did you mean ${meant}?)` : ''}; --help lists what there is`;

/** Whether the command line asks for the text of --help. */
export const isHelpRequested = (argv: readonly string[]): boolean =>
  argv.includes('--help') || argv.includes('-h');

/** The text of --help: a line per flag. */
export function helpText(command: string): string {
  const lines = Object.entries(optionTable).map(([name, option]: [string, OptionDefinition<unknown>]) => {
    const fallback = option.default === undefined || option.value === 'none' ? '' : ` (${option.default})`;
    return `  ${flagName(name).padEnd(18)} ${option.help}${fallback}`;
  });
  return `Usage: ${command} [flags]\n\n${lines.join('\n')}\n\nEach flag has an environment variable: --batch-size is MONITOR_BATCH_SIZE.\n`;
}
