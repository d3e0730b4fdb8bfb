import { readFileSync } from 'node:fs';

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

/** Returns whether the command line contains `--help` or `-h`. */
export const isHelpRequested = (argv: readonly string[]): boolean =>
  argv.includes('--help') || argv.includes('-h');

/** Returns the text that `--help` or `--version` asks for; undefined without these flags. */
export function requestedUsage(argv: readonly string[], usage: () => string): string | undefined {
  if (isHelpRequested(argv)) return usage();
  return argv.includes('--version') ? `${readVersion()}\n` : undefined;
}

/** Reads the version of this package. All packages have the same version. */
export function readVersion(): string {
  const path = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
