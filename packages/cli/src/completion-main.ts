// `mnist-training-monitor completion SHELL` prints a completion script.
import { readArguments } from './arguments.ts';
import { completionScript, shellNames } from './completion.ts';

const usage = `Usage: mnist-training-monitor completion ${shellNames.join('|')}

Prints a script that completes commands and flags. For bash, in ~/.bashrc:

  eval "$(mnist-training-monitor completion bash)"
`;

const { requested, word } = readArguments(process.argv.slice(2), {
  usage,
  switches: [],
  values: [],
  words: 1,
});
process.stdout.write(requested ?? completionScript(word));
