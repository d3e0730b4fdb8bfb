import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));

/** The program `script` gives a command a terminal. */
export const hasScript = spawnSync('script', ['--version']).status === 0;

/** The command `watch` in a terminal of 80 × 24. */
export class Terminal {
  output = '';
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Set<() => void>();

  constructor(url: string, flags: string[]) {
    const command = ['stty cols 80 rows 24;', process.execPath, main, 'watch', '--url', url, ...flags].join(
      ' ',
    );
    this.#process = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm' },
    });
    this.#process.stdout.setEncoding('utf8').on('data', (text) => {
      this.output += text;
      for (const check of this.#waiting) check();
    });
  }

  /** Resolves when the output contains the text. */
  shows(text: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!text.test(this.output)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  press(keys: string): void {
    this.#process.stdin.write(keys);
  }

  async ended(): Promise<number | null> {
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    return this.#process.exitCode;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
