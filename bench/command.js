import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Runs a command in bash, which measures the processor time of the command and of all processes that it waited for.
 * @param options.onLine Called with each line of the standard output.
 * @returns The start of the command as `Date.now()`, the processor time in seconds, and the last lines of standard error; `code` is 0
 * when the command has succeeded.
 */
export async function runCommand(command, { env = process.env, onLine = () => {} } = {}) {
  const startedAt = Date.now();
  const child = spawn('bash', ['-c', 'TIMEFORMAT="cpu %U %S"; time "$0" "$@"', ...command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  createInterface(child.stdout).on('line', onLine);
  let cpuSeconds = 0;
  let errors = '';
  createInterface(child.stderr).on('line', (line) => {
    const [, user, system] = /^cpu (\S+) (\S+)$/.exec(line) ?? [];
    if (user) cpuSeconds = Number(user) + Number(system);
    else errors = `${errors}${line}\n`.slice(-1_000);
  });
  const [code] = await once(child, 'close');
  return { startedAt, cpuSeconds, errors, code };
}
