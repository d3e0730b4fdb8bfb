import { execFileSync, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

const canPin = availableParallelism() > 1 && works('taskset', ['-c', '0', 'true']);

function works(program, args) {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts a program on one core, where the system supports that, so that server and load do not share one. */
export function spawnOn(core, [program, ...args], options) {
  return canPin
    ? spawn('taskset', ['-c', String(core), program, ...args], options)
    : spawn(program, args, options);
}
