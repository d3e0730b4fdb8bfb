import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Addresses } from '../../src/listen.ts';
import { afterTest } from './cleanup.ts';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface GatewayProcess {
  child: ChildProcess;
  /** Resolves with the addresses when the gateway listens. */
  listening: Promise<Addresses>;
  ended: Promise<Ended>;
}

/** The user `nobody`, who may write no file of others. */
const nobody = { uid: 65_534, gid: 65_534 };

/** Returns whether `startUnprivileged` works here: root has to be able to start the program as `nobody`. */
export function canRunUnprivileged(): boolean {
  if (process.getuid?.() !== 0) return process.platform !== 'win32';
  return spawnSync(process.execPath, ['--check', main], nobody).status === 0;
}

/** Starts the program like `startProcess`, without the rights of root, who may write every file. */
export const startUnprivileged = (flags: readonly string[]): GatewayProcess =>
  startProcess(flags, {}, process.getuid?.() === 0 ? nobody : {});

/** Starts the gateway's program as `npm start` does, with a channel to its parent, and kills it after the test. */
export function startProcess(
  flags: readonly string[],
  env: NodeJS.ProcessEnv = {},
  user: Partial<typeof nobody> = {},
): GatewayProcess {
  const child = fork(main, flags, {
    ...user,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, ...env },
    execArgv: [],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  // Not 'close': Node 20 does not emit it once the parent has disconnected.
  const exited = once(child, 'exit') as Promise<[Ended['code'], Ended['signal']]>;
  const output = [child.stdout, child.stderr].map((stream) => stream && once(stream, 'end'));
  const ended = Promise.all([exited, ...output]).then(([[code, signal]]) => ({
    code,
    signal,
    stdout,
    stderr,
  }));
  const listening = once(child, 'message').then(([message]) => message as Addresses);
  afterTest(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, listening, ended };
}

/** Returns a port that was free a moment ago, for a program that restarts at the same address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
