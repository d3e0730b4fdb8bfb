/** A program that a user starts; `start` runs the gateway and the trainer together. */
export type Program = 'start' | 'gateway' | 'trainer' | 'engine' | 'backup';

/**
 * Returns the command that runs a program, for help and messages, such as `npm run engine -- --cuda`. In the installed package, whose
 * command sets MNIST_MONITOR_COMMAND, it is `npx mnist-training-monitor engine --cuda`.
 */
export function commandLine(program: Program, ...flags: readonly string[]): string {
  const command = process.env.MNIST_MONITOR_COMMAND;
  if (command) return [command, program === 'start' ? 'train' : program, ...flags].join(' ');
  return [
    program === 'start' ? 'npm start' : `npm run ${program}`,
    ...(flags.length > 0 ? ['--'] : []),
    ...flags,
  ].join(' ');
}
