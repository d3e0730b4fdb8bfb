import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterTest } from '../../../packages/gateway/dist/test/support/cleanup.js';

export const examples = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the Python client, for the PYTHONPATH of a Python in which the client is not installed. */
export const clientSource = join(examples, '../clients/python/src');

/** A running program and the text it has written. */
export class Program {
  output = '';
  errors = '';
  #child;
  #wake = () => {};

  /** Starts the program in `examples/`; it is stopped after the test. */
  constructor(command, args, env = {}) {
    this.#child = spawn(command, args, { cwd: examples, env: { ...process.env, ...env } });
    this.#child.stdout.setEncoding('utf8').on('data', (text) => this.#append(text, ''));
    this.#child.stderr.setEncoding('utf8').on('data', (text) => this.#append('', text));
    this.exited = new Promise((resolve) => {
      this.#child.on('error', (error) => this.#append('', String(error)));
      this.#child.on('close', (code) => {
        this.code = code;
        this.#wake();
        resolve(code);
      });
    });
    afterTest(async () => {
      if (this.code === undefined) this.#child.kill();
      await this.exited;
    });
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  get lines() {
    return this.output.split(/\r?\n/).filter(Boolean);
  }

  /** Resolves when the output contains `text`. @throws Error when the program exits without it. */
  waitForOutput(text) {
    return this.#until(() => this.output.includes(text), `"${text}"`);
  }

  /** Resolves when the program has written to stderr. @throws Error when the program exits before that. */
  waitForErrors() {
    return this.#until(() => this.errors !== '', 'text on stderr');
  }

  async #until(holds, expected) {
    while (!holds()) {
      if (this.code !== undefined)
        throw new Error(
          `expected ${expected}, the program exited with ${this.code}: ${this.output}${this.errors}`,
        );
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #append(output, errors) {
    this.output += output;
    this.errors += errors;
    this.#wake();
  }
}
