import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const running = new Set<ChildProcess>();

/** Kills the programs that a test has left running. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      child.kill('SIGKILL');
      return once(child, 'exit');
    }),
  );
}

/** A program of this project that runs in a child process, with its output. */
export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  /** @param path Relative to the root of the project. */
  constructor(path: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    const main = fileURLToPath(new URL(`../../../../../${path}`, import.meta.url));
    this.child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    this.child.stdout?.on('data', (part) => {
      this.stdout += part;
    });
    this.child.stderr?.on('data', (part) => {
      this.stderr += part;
    });
  }

  static trainer = (args: string[], env?: NodeJS.ProcessEnv): Program =>
    new Program('packages/trainer/dist/src/main.js', args, env);

  static gateway = (args: string[]): Program =>
    new Program('packages/gateway/dist/src/main.js', ['--log-level', 'silent', ...args]);

  /** Resolves with the program's exit code, or with the signal that ended the program. */
  async ended(): Promise<number | NodeJS.Signals> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return this.child.exitCode ?? (this.child.signalCode as NodeJS.Signals);
  }

  /** Resolves with the program's next message to this process. */
  async message<T>(): Promise<T> {
    const [message] = await once(this.child, 'message');
    return message as T;
  }

  /** Resolves when the program has printed `text`. @throws Error when the program ends before. */
  printed(text: string): Promise<void> {
    return this.#printedTimes(text, 1);
  }

  /** Resolves when the program has printed `text` another `times` times. @throws Error when the program ends before. */
  printedAgain(text: string, times: number): Promise<void> {
    return this.#printedTimes(text, this.#countPrinted(text) + times);
  }

  async #printedTimes(text: string, times: number): Promise<void> {
    while (this.#countPrinted(text) < times) {
      if (this.child.exitCode !== null)
        throw new Error(`ended before it printed "${text}":\n${this.stdout}${this.stderr}`);
      await wait(10);
    }
  }

  #countPrinted(text: string): number {
    return this.stdout.split(text).length - 1;
  }

  /** Resolves with the process id of the gateway or the trainer that this program has started. */
  async childPid(name: 'gateway' | 'trainer'): Promise<number> {
    const line = new RegExp(`^ *(\\d+) +${this.child.pid} .*packages/${name}/dist/src/main.js`, 'm');
    for (;;) {
      const pid = line.exec(
        execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }),
      )?.[1];
      if (pid !== undefined) return Number(pid);
      await wait(10);
    }
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.ended();
  }
}
