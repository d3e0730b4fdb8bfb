import { MonitorError } from '@mnist-monitor/shared/errors';
import { closestMatch, type OptionName } from '@mnist-monitor/shared/options';

/** A command of `mnist-training-monitor`. */
export interface CliCommand {
  /** Description of the command, for the list of commands. */
  summary: string;
  /** Path of the program that runs it, relative to the folder of the product. */
  program: string;
  /** Names of the options that it accepts; every option by default. */
  options?: readonly OptionName[];
  /** Flags that are no options of the product. */
  flags?: readonly string[];
}

/** The commands, in the order in which the help lists them. The first one runs when none is named. */
export const commands = {
  train: {
    summary: 'train a network and serve the dashboard; the default',
    program: 'scripts/start.js',
  },
  gateway: {
    summary: 'serve the dashboard and receive runs from trainers elsewhere',
    program: 'packages/gateway/dist/src/main.js',
  },
  trainer: {
    summary: 'train, and publish to a gateway that runs already',
    program: 'packages/trainer/dist/src/main.js',
  },
  engine: {
    summary: 'install the library of the engine tensorflow, once for this user',
    program: 'packages/trainer/dist/src/install/main.js',
    options: [],
    flags: ['--cuda', '--help', '--version'],
  },
  backup: {
    summary: 'copy the database of runs while it is in use',
    program: 'packages/gateway/dist/src/backup-main.js',
    options: ['runs', 'to'],
  },
  watch: {
    summary: 'follow a run in the terminal',
    program: 'packages/cli/dist/src/watch-main.js',
    options: [],
    flags: ['latest', '--url', '--no-colour', '--no-color', '--help', '--version'],
  },
  show: {
    summary: 'print a run or the list of runs, for people or as JSON',
    program: 'packages/cli/dist/src/show-main.js',
    options: [],
    flags: ['latest', 'runs', '--url', '--json', '--help', '--version'],
  },
  mcp: {
    summary: 'let an assistant read and command runs (Model Context Protocol)',
    program: 'packages/cli/dist/src/mcp-main.js',
    options: [],
    flags: ['--url', '--read-only', '--help', '--version'],
  },
  completion: {
    summary: 'print a script that completes commands and flags in bash, zsh or fish',
    program: 'packages/cli/dist/src/completion-main.js',
    options: [],
    flags: ['bash', 'zsh', 'fish'],
  },
} as const satisfies Record<string, CliCommand>;

/** Name of a command, such as `gateway`. */
export type CommandName = keyof typeof commands;

const names = Object.keys(commands) as CommandName[];
const isCommandName = (word: string): word is CommandName => names.includes(word as CommandName);

/** A command with the arguments for its program. */
export interface ChosenCommand {
  name: CommandName;
  args: readonly string[];
}

/**
 * Returns the command that the arguments name, or `train` when they begin with a flag or are empty.
 * @throws MonitorError `option.invalid` when the first argument is a word but no command.
 */
export function chooseCommand(argv: readonly string[]): ChosenCommand {
  const [word, ...args] = argv;
  if (word === undefined || word.startsWith('-')) return { name: 'train', args: argv };
  if (isCommandName(word)) return { name: word, args };
  const meant = closestMatch(word, names);
  const suggestion = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  throw new MonitorError(
    'option.invalid',
    `${word}: unknown command${suggestion}; --help lists all commands`,
  );
}

/** Returns the text of `--help` without a command: the list of commands. */
export function overview(): string {
  const lines = names.map((name) => `  ${name.padEnd(12)} ${commands[name].summary}`);
  return `Usage: mnist-training-monitor [command] [flags]

${lines.join('\n')}

--help after a command lists its flags; mnist-training-monitor train --help lists all of them.
`;
}
