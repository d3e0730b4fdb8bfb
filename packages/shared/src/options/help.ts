import { flagName } from './option-names.ts';
import { optionTable } from './option-table.ts';
import type { OptionDefinition } from './option-types.ts';

/** Returns whether the command line contains `--help` or `-h`. */
export const isHelpRequested = (argv: readonly string[]): boolean =>
  argv.includes('--help') || argv.includes('-h');

/** Returns the text of `--help`: the usage, then one line per flag with its default. */
export function helpText(command: string): string {
  const lines = Object.entries(optionTable).map(([name, option]: [string, OptionDefinition<unknown>]) => {
    const hasDefault = option.default !== undefined && option.type === 'string';
    return `  ${flagName(name).padEnd(18)} ${option.help}${hasDefault ? ` (${option.default})` : ''}`;
  });
  return `Usage: ${command} [flags]\n\n${lines.join('\n')}\n\nEach flag has an environment variable: --batch-size is MONITOR_BATCH_SIZE.\n`;
}
