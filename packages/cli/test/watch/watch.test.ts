import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { useGateway } from '../support/gateway.ts';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
const gateway = useGateway();
/** The program `script` gives a command a terminal. */
const hasScript = spawnSync('script', ['--version']).status === 0;

const runOf = (runId: string): MonitorEvent[] =>
  sampleRun({ epochs: 2, batchesPerEpoch: 20 }).map((event) => ({ ...event, runId }));

/** The command `watch` in a terminal of 80 × 24. */
class Terminal {
  output = '';
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Set<() => void>();

  constructor(flags: string[]) {
    const command = [
      'stty cols 80 rows 24;',
      process.execPath,
      main,
      'watch',
      '--url',
      gateway.url,
      ...flags,
    ].join(' ');
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

(hasScript ? describe : describe.skip)('the command watch', () => {
  let terminal: Terminal | undefined;
  afterEach(() => terminal?.kill());

  test('shows the run before it, and that it is the oldest', async () => {
    for (const runId of ['20261001-100000-first', '20261002-100000-second'])
      await gateway.publish({ runId, events: runOf(runId) });
    terminal = new Terminal(['20261002-100000-second']);
    await terminal.shows(/20261002-100000-second/);
    terminal.press('\x1b[D');
    await terminal.shows(/20261001-100000-first/);
    terminal.press('\x1b[D');
    await terminal.shows(/This is the oldest run\./);
    terminal.press('q');
    expect(await terminal.ended()).toBe(0);
  });

  test('follows a run, sends commands by keys, and leaves a clean terminal', async () => {
    const runId = '20261101-100000-watched';
    const events = runOf(runId);
    const commands = ['pause', 'stop', 'setLearningRate'] as const;
    const publisher = await gateway.publish({ runId, commands, events: events.slice(0, 10) });
    terminal = new Terminal([runId]);
    await terminal.shows(/● running/);
    await terminal.shows(/[\u2801-\u28ff]{2}/);
    terminal.press('l');
    await terminal.shows(/Learning rate: /);
    for (const key of '0.002\r') terminal.press(key);
    await terminal.shows(/setLearningRate: accepted/);
    terminal.press('s');
    await terminal.shows(/Stop this run for good\?/);
    terminal.press('y');
    await publisher.waitForCommands(2);
    expect(publisher.commands).toMatchObject([
      { command: 'setLearningRate', by: 'terminal', runId, data: { learningRate: 0.002 } },
      { command: 'stop', by: 'terminal', runId },
    ]);
    publisher.send(...events.slice(10));
    await terminal.shows(/✓ completed/);
    terminal.press('\x03');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.output.startsWith('\x1b[?1049h')).toBe(true);
    expect(terminal.output.endsWith('\x1b[?2004l\x1b[?25h\x1b[?1049l')).toBe(true);
  });

  test('ignores pasted text, and drops a question about a run when another one begins', async () => {
    const [first, second] = ['20261103-100000-asked', '20261103-110000-begun'];
    const one = await gateway.publish({
      runId: first,
      commands: ['stop'],
      events: runOf(first).slice(0, 10),
    });
    terminal = new Terminal([]);
    await terminal.shows(/20261103-100000-asked/);
    terminal.press('system');
    terminal.press('\x1b[200~sy\x1b[201~');
    // When the next steps are shown, these keys have been read.
    one.send(...runOf(first).slice(10, 18));
    await terminal.shows(/step 1[2-9]/);
    terminal.press('s');
    await terminal.shows(/Stop this run for good\?/);
    const two = await gateway.publish({
      runId: second,
      commands: ['stop'],
      events: runOf(second).slice(0, 10),
    });
    await terminal.shows(/Another run has begun: nothing was changed\./);
    terminal.press('y');
    terminal.press('q');
    expect(await terminal.ended()).toBe(0);
    expect([...one.commands, ...two.commands]).toEqual([]);
  });

  test('ends with one line when the run does not exist', async () => {
    terminal = new Terminal(['no-such-run']);
    expect(await terminal.ended()).toBe(2);
    expect(terminal.output.split('\x1b[?1049l')[1]).toMatch(/^[^\n]*no-such-run[^\n]*\n$/);
  });

  test('refuses to run without a terminal', () => {
    const result = spawnSync(process.execPath, [main, 'watch', '--url', gateway.url], { encoding: 'utf8' });
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toBe('watch: expected a terminal; mnist-training-monitor show prints a run\n');
  });
});
