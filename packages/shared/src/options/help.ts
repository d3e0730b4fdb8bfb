import { commandLine, type Program, requestedUsage } from './command-line.ts';
import { flagName } from './option-names.ts';
import { type OptionName, optionTable } from './option-table.ts';
import type { OptionDefinition } from './option-types.ts';

/**
 * Returns the text that `--help` or `--version` asks for; undefined without these flags.
 * @param names Options of the program; all by default.
 */
export function requestedText(
  argv: readonly string[],
  program: Program,
  names?: readonly OptionName[],
): string | undefined {
  return requestedUsage(argv, () => helpText(program, names));
}

const allNames = Object.keys(optionTable) as OptionName[];

/** Returns the text of `--help`: the usage, then one line per flag with its default. */
export function helpText(program: Program, names: readonly OptionName[] = allNames): string {
  const lines = names.map((name) => {
    const option: OptionDefinition<unknown> = optionTable[name];
    const hasDefault = option.default !== undefined && option.type === 'string';
    return `  ${flagName(name).padEnd(18)} ${option.help}${hasDefault ? ` (${option.default})` : ''}`;
  });
  return `Usage: ${commandLine(program, '[flags]')}\n\n${lines.join('\n')}\n\nEach flag has an environment variable: --batch-size is MONITOR_BATCH_SIZE.\n`;
}
