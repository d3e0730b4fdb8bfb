#!/usr/bin/env node
// The command `mnist-training-monitor`: runs the program of a command in this process, with the arguments that follow it.
import { describeFailure } from '@mnist-monitor/shared/errors';
import { chooseCommand, commands, overview } from './commands.ts';

const root = new URL('../../../../', import.meta.url);
const argv = process.argv.slice(2);
process.env.MNIST_MONITOR_COMMAND ??= 'npx mnist-training-monitor';

process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return; // The reader of a pipe, such as `| head`, has read enough.
  console.error(`The output cannot be written (${code}).`);
  process.exitCode = 1;
});

try {
  const { name, args } = chooseCommand(argv);
  if (['--help', '-h'].includes(argv[0] ?? '')) {
    process.stdout.write(overview());
  } else {
    process.argv.splice(2, argv.length, ...args);
    await import(new URL(commands[name].program, root).href);
  }
} catch (error) {
  const { text, exitCode } = describeFailure(error);
  console.error(text);
  process.exitCode = exitCode;
}
