import { parseArgs } from 'node:util';
import { MonitorError } from '../protocol/errors.ts';
import { printableLine, withoutCredentials } from '../protocol/printable.ts';
import { closestMatch } from './closest-match.ts';
import { optionsByFlag, optionsByVariable, variablePrefix } from './option-names.ts';
import { type OptionName, type Options, optionTable } from './option-table.ts';
import type { OptionDefinition } from './option-types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads every option from the command line and the environment; a flag overrides its variable.
 *
 * @param argv Arguments without the paths of Node.js and the program.
 * @throws MonitorError `option.invalid` with one line per mistake.
 * @example parseOptions(['--batch-size', '64'], process.env).batchSize // 64
 */
export const parseOptions = (argv: readonly string[], env: Environment): Options =>
  applyDefaults(parseGivenOptions(argv, env));

/** Adds the default of every option that is absent. */
export function applyDefaults(given: Partial<Options>): Options {
  const defaults = Object.entries(optionTable).map(([name, option]) => [name, option.default]);
  return { ...Object.fromEntries(defaults), ...given } as Options;
}

/** Reads only the options that are given, without defaults. @throws MonitorError as `parseOptions` does */
export function parseGivenOptions(argv: readonly string[], env: Environment): Partial<Options> {
  const reader = new OptionReader();
  readVariables(env, reader);
  readFlags(argv, reader);
  // With equal tokens, a publisher could send commands, and a viewer could publish.
  if (reader.values.token !== undefined && reader.values.token === reader.values.commandToken)
    reader.mistakes.push('--command-token: expected another secret than that of --token, got the same');
  if (reader.mistakes.length > 0) throw new MonitorError('option.invalid', reader.mistakes.join('\n'));
  return reader.values as Partial<Options>;
}

/** The options whose values must not appear in errors or logs. */
const secrets: readonly OptionName[] = ['token', 'commandToken', 'redisUrl'];

/** Collects the values and the mistakes of all options, so that all mistakes are reported together. */
class OptionReader {
  readonly values: Partial<Record<OptionName, unknown>> = {};
  readonly mistakes: string[] = [];

  /**
   * Parses the value of an option, and records it or a mistake.
   * @param source The flag or variable, for the error.
   */
  read(source: string, name: OptionName, text: string): void {
    const { parse, expected } = optionTable[name];
    const value = parse(text);
    if (value !== undefined) this.values[name] = value;
    else this.mistakes.push(`${source}: expected ${expected}, got ${quote(name, text)}`);
  }

  reportUnknown(given: string, meant: string | undefined): void {
    const suggestion = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    this.mistakes.push(`${given}: unknown${suggestion}; --help lists all options`);
  }
}

function quote(name: OptionName, text: string): string {
  if (text === '') return 'nothing';
  return secrets.includes(name)
    ? 'another value (not shown)'
    : `"${printableLine(withoutCredentials(text))}"`;
}

const variableEndings = [...optionsByVariable.keys()].map((variable) =>
  variable.slice(variablePrefix.length),
);

function readVariables(env: Environment, reader: OptionReader): void {
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || text === '' || !variable.startsWith(variablePrefix)) continue;
    const name = optionsByVariable.get(variable);
    if (name) reader.read(variable, name, text);
    else {
      // Only names close to that of an option are reported: other programs may use variables with this prefix.
      const meant = closestMatch(variable.slice(variablePrefix.length), variableEndings);
      if (meant) reader.reportUnknown(variable, variablePrefix + meant);
    }
  }
}

const argumentTypes = Object.fromEntries(
  [...optionsByFlag].map(([flag, name]) => [flag.slice('--'.length), { type: optionTable[name].type }]),
);

function readFlags(argv: readonly string[], reader: OptionReader): void {
  const args = markMissingValues(argv);
  const { tokens } = parseArgs({
    args,
    options: argumentTypes,
    strict: false, // Strict parsing stops at the first mistake.
    allowPositionals: true,
    tokens: true,
  });
  let reportedAt: number | undefined;
  const repeated = new Map<OptionName, string>();
  for (const token of tokens) {
    const name = token.kind === 'option' ? optionsByFlag.get(token.rawName) : undefined;
    if (token.kind === 'option' && name) {
      const text = token.value ?? 'true';
      const { isRepeatable = false }: OptionDefinition<unknown> = optionTable[name];
      const before = isRepeatable ? repeated.get(name) : undefined;
      const all = before === undefined ? text : `${before},${text}`;
      repeated.set(name, all);
      reader.read(token.rawName, name, all);
    } else if (!isReported(token, reportedAt, args)) {
      const argument = args[token.index] as string;
      const [flag = ''] = argument.split('=', 1);
      reader.reportUnknown(
        printableLine(withoutCredentials(argument).slice(0, 100)),
        closestMatch(flag, optionsByFlag.keys()),
      );
      reportedAt = token.index;
    }
  }
}

/** Returns whether a token is part of the last reported mistake: a letter of `-port`, or the value of `--prot 80`. */
function isReported(
  { kind, index }: { kind: string; index: number },
  reportedAt: number | undefined,
  args: readonly string[],
): boolean {
  if (index === reportedAt) return true;
  return kind === 'positional' && index - 1 === reportedAt && /^--[^=]+$/.test(args[reportedAt] as string);
}

/**
 * Rewrites each flag whose value is missing to `--flag=`, because `parseArgs` would use the next flag as its value. The
 * empty value is a mistake, except for `--resume`, where it selects the last run.
 */
function markMissingValues(argv: readonly string[]): string[] {
  return argv.map((argument, index) => {
    const name = optionsByFlag.get(argument);
    const next = argv[index + 1];
    const hasValue = next !== undefined && !next.startsWith('--');
    return name && optionTable[name].type === 'string' && !hasValue ? `${argument}=` : argument;
  });
}
