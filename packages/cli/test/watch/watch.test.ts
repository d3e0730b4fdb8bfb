import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { useGateway } from '../support/gateway.ts';
import { hasScript, Terminal } from '../support/terminal.ts';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
const gateway = useGateway();

const runOf = (runId: string): MonitorEvent[] =>
  sampleRun({ epochs: 2, batchesPerEpoch: 20 }).map((event) => ({ ...event, runId }));

(hasScript ? describe : describe.skip)('the command watch', () => {
  let terminal: Terminal | undefined;
  afterEach(() => terminal?.kill());

  test('shows the run before it, and that it is the oldest', async () => {
    for (const runId of ['20261001-100000-first', '20261002-100000-second'])
      await gateway.publish({ runId, events: runOf(runId) });
    terminal = new Terminal(gateway.url, ['20261002-100000-second']);
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
    terminal = new Terminal(gateway.url, [runId]);
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

  test('ends with one line when the run does not exist', async () => {
    terminal = new Terminal(gateway.url, ['no-such-run']);
    expect(await terminal.ended()).toBe(2);
    expect(terminal.output.split('\x1b[?1049l')[1]).toMatch(/^[^\n]*no-such-run[^\n]*\n$/);
  });

  test('refuses to run without a terminal', () => {
    const result = spawnSync(process.execPath, [main, 'watch', '--url', gateway.url], { encoding: 'utf8' });
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toBe('watch: expected a terminal; mnist-training-monitor show prints a run\n');
  });
});
