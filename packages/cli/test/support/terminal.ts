import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));

/** The program `script` gives a command a terminal. */
export const hasScript = spawnSync('script', ['--version']).status === 0;
export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** The output of a program, of which tests await parts. */
class Output {
  output = '';
  protected readonly process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Set<() => void>();

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(command, args, { env: { ...process.env, TERM: 'xterm', LANG: 'C.UTF-8', ...env } });
    this.process.stdout.setEncoding('utf8').on('data', (text) => {
      this.output += text;
      for (const check of this.#waiting) check();
    });
  }

  /** Resolves when the output from a position on contains the text. */
  shows(text: RegExp, from = 0): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!text.test(this.output.slice(from))) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  async ended(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}

/** The command `watch` in a terminal of 80 × 24. */
export class Terminal extends Output {
  constructor(url: string, flags: string[], env?: NodeJS.ProcessEnv) {
    const command = `stty cols 80 rows 24; echo pid $$; exec ${watchCommand(url, flags)}`;
    super('script', ['-qec', command, '/dev/null'], env);
  }

  press(keys: string): void {
    this.process.stdin.write(keys);
  }

  /** Sends the command a signal. */
  signal(name: NodeJS.Signals): void {
    process.kill(Number(/pid (\d+)/.exec(this.output)?.[1]), name);
  }
}

/** Returns the command `watch` for a shell. */
export const watchCommand = (url: string, flags: string[]): string =>
  [process.execPath, main, 'watch', '--url', url, ...flags].join(' ');

/** A window of tmux, a terminal that marks pasted text. */
export class TmuxTerminal extends Output {
  /** Runs the server of this window alone. */
  readonly #server: string;

  /** @param command The command of the window. */
  constructor(command: string) {
    const server = `mnist-${randomUUID()}`;
    const session = ['new-session', '-x', '80', '-y', '24', command];
    // In control mode, tmux reads commands and prints what its windows output.
    super('tmux', ['-L', server, '-f', '/dev/null', '-u', '-C', ...session]);
    this.#server = server;
  }

  /** Presses keys with the names that tmux has for them. */
  press(...keys: string[]): void {
    this.process.stdin.write(`send-keys ${keys.join(' ')}\n`);
  }

  /** The lines that the terminal shows. */
  screen(): string[] {
    const options = { encoding: 'utf8' } as const;
    return spawnSync('tmux', ['-L', this.#server, '-u', 'capture-pane', '-p'], options).stdout.split('\n');
  }

  paste(text: string): void {
    this.process.stdin.write(`set-buffer '${text}'\npaste-buffer -p\n`);
  }

  override kill(): void {
    spawnSync('tmux', ['-L', this.#server, 'kill-server']);
    super.kill();
  }
}
