import { parseArgs } from 'node:util';
import { MonitorError, withoutCredentials } from '@mnist-monitor/shared';
import { closestMatch, requestedUsage } from '@mnist-monitor/shared/options';

/** The flags and words that a command accepts. */
export interface Syntax<S extends string, V extends string> {
  /** The text of `--help`. */
  usage: string;
  /** Names of the flags without a value, besides `help` and `version`. */
  switches: readonly S[];
  /** Names of the flags with a value. */
  values: readonly V[];
  /** Most words beside the flags. */
  words: 0 | 1;
}

/** The arguments of a command. */
export interface Arguments<S extends string, V extends string> {
  /** The text that `--help` or `--version` asks for; undefined without these flags. */
  requested: string | undefined;
  /** The switches that are given. */
  switches: ReadonlySet<S>;
  values: Readonly<Partial<Record<V, string>>>;
  /** The word beside the flags. */
  word: string | undefined;
}

/**
 * Reads the arguments of a command.
 * @throws MonitorError `option.invalid` at an unknown flag, a value that is missing or too much, or a word that is not accepted.
 */
export function readArguments<S extends string, V extends string>(
  argv: readonly string[],
  syntax: Syntax<S, V>,
): Arguments<S, V> {
  const switches = new Set<S>();
  const values: Partial<Record<V, string>> = {};
  const words: string[] = [];
  const requested = requestedUsage(argv, () => syntax.usage);
  if (requested !== undefined) return { requested, switches, values, word: undefined };
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries([
      ...syntax.switches.map((name) => [name, { type: 'boolean' }]),
      ...syntax.values.map((name) => [name, { type: 'string' }]),
    ]),
    strict: false, // The errors of strict parsing have several lines.
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (syntax.switches.includes(name as S)) {
      if (value !== undefined) throw new MonitorError('option.invalid', `${rawName}: expected no value`);
      switches.add(name as S);
    } else if (syntax.values.includes(name as V)) {
      if (!value) throw new MonitorError('option.invalid', `${rawName}: expected a value, got nothing`);
      values[name as V] = value;
    } else throw unknownError(rawName, syntax);
  }
  const surplus = words[syntax.words];
  if (surplus !== undefined) throw unknownError(surplus, syntax);
  return { requested, switches, values, word: words[0] };
}

function unknownError(argument: string, { switches, values }: Syntax<string, string>): MonitorError {
  const flags = [...switches, ...values, 'help', 'version'].map((name) => `--${name}`);
  const meant = argument.startsWith('-') ? closestMatch(argument, flags) : undefined;
  const suggestion = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  const shown = withoutCredentials(argument).slice(0, 100);
  return new MonitorError(
    'option.invalid',
    `${shown}: unexpected argument${suggestion}; --help lists what is accepted`,
  );
}
