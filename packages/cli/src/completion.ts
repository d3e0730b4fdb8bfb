import { MonitorError } from '@mnist-monitor/shared/errors';
import { flagName, type OptionName, optionTable } from '@mnist-monitor/shared/options';
import { type CliCommand, commands } from './commands.ts';

const program = 'mnist-training-monitor';

/** Returns the words that may follow a command. */
const wordsAfter = ({ options, flags = [] }: CliCommand): string[] => {
  const names = options ?? (Object.keys(optionTable) as OptionName[]);
  return [...names.map(flagName), ...flags];
};

const entries = Object.entries(commands) as [string, CliCommand][];
const allNames = entries.map(([name]) => name).join(' ');
/** The words after the program's name: a command, or a flag of the default command. */
const firstWords = `${allNames} ${wordsAfter(commands.train).join(' ')} --help --version`;

const bash = (): string => `_mnist_training_monitor() {
  local words
  case "\${COMP_WORDS[1]}" in
${entries.map(([name, command]) => `    ${name}) words="${wordsAfter(command).join(' ')}" ;;`).join('\n')}
    *) words="${firstWords}" ;;
  esac
  [ "$COMP_CWORD" -gt 1 ] || words="${firstWords}"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _mnist_training_monitor ${program}
`;

// zsh runs functions that were written for bash.
const zsh = (): string => `#compdef ${program}
autoload -U +X bashcompinit && bashcompinit
${bash()}`;

/** Quotes a text for fish, where a backslash escapes a quotation mark. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const fish = (): string => {
  const lines = entries.flatMap(([name, command]) => [
    `complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quoted(command.summary)}`,
    ...wordsAfter(command).map((word) => {
      const option = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' ${option}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
};

const shells = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);

/** The shells for which there is a completion script. */
export const shellNames = [...shells.keys()];

/**
 * Returns a script that completes commands and flags.
 * @throws MonitorError `option.invalid` when the shell is none of bash, zsh and fish.
 */
export function completionScript(shell: string | undefined): string {
  const script = shells.get(shell ?? '');
  if (script) return script();
  const names = shellNames.join(', ');
  throw new MonitorError('option.invalid', `completion: expected one of ${names}, got ${shell ?? 'nothing'}`);
}
