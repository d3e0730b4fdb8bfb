import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { MonitorApi } from '../../src/client/monitor-api.ts';
import { encodeLine, type Line } from '../../src/watch/text.ts';
import { Watch } from '../../src/watch/watch.ts';
import { useGateway } from '../support/gateway.ts';
import { hasScript, hasTmux, Terminal, TmuxTerminal, watchCommand } from '../support/terminal.ts';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
const gateway = useGateway();

/** What is written at the end: the first screen with its cursor, lines that continue, and no marks around pasted text. */
const left = '\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l';

/** Returns the events of a sample run that began at the time in its id. */
function runOf(runId: string): MonitorEvent[] {
  const time = runId.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d).*/, '$1-$2-$3T$4:$5:$6Z');
  return sampleRun({ runId, epochs: 2, batchesPerEpoch: 20, startedAt: new Date(time) });
}

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
    expect(terminal.output).toMatch(/^pid \d+\r\n.\[\?1049h/);
    expect(terminal.output.endsWith(left)).toBe(true);
  });

  test('says that its run was deleted, and shows another one', async () => {
    for (const runId of ['20261003-100000-kept', '20261004-100000-deleted'])
      (await gateway.publish({ runId, events: runOf(runId) })).close();
    terminal = new Terminal(gateway.url, ['20261004-100000-deleted']);
    await terminal.shows(/20261004-100000-deleted[\s\S]*✓ completed/);
    const url = `${gateway.url}/api/runs/20261004-100000-deleted`;
    // Refused until the gateway has seen that the publisher has closed its connection.
    while ((await fetch(url, { method: 'DELETE' })).status === 409);
    await terminal.shows(/! This run was deleted\. ← → shows another one\./);
    terminal.press('\x1b[D');
    await terminal.shows(/20261003-100000-kept/);
    terminal.press('q');
    expect(await terminal.ended()).toBe(0);
  });

  test('ignores pasted text, of which each letter would be a command (S-71)', async () => {
    const runId = '20261102-100000-pasted';
    const commands = ['pause', 'stop', 'setLearningRate'] as const;
    const publisher = await gateway.publish({ runId, commands, events: runOf(runId).slice(0, 10) });
    terminal = new Terminal(gateway.url, [runId]);
    await terminal.shows(/● running/);
    for (const piece of ['\x1b[200~p', 'sy', 'q', '\x1b[201~']) terminal.press(piece);
    terminal.press('l');
    await terminal.shows(/Learning rate: /);
    terminal.press('\x03');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.output).not.toContain('Stop this run');
    expect(publisher.commands).toEqual([]);
  });

  test('leaves a clean terminal when it is terminated', async () => {
    const runId = '20261103-100000-terminated';
    await gateway.publish({ runId, events: runOf(runId) });
    terminal = new Terminal(gateway.url, [runId]);
    await terminal.shows(/✓ completed/);
    terminal.signal('SIGTERM');
    expect(await terminal.ended()).toBe(143);
    expect(terminal.output.endsWith(left)).toBe(true);
  });

  test('draws in ASCII where the locale has no Unicode', async () => {
    const runId = '20261104-100000-ascii';
    await gateway.publish({ runId, events: runOf(runId) });
    terminal = new Terminal(gateway.url, [runId], { LC_ALL: 'C' });
    for (const text of [/v completed/, /['.:]{4}/, /< >.*other run/]) await terminal.shows(text);
    terminal.press('q');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.output).toMatch(/^[\0-\x7f]*$/);
  });

  test('refuses a terminal that cannot be drawn on', async () => {
    terminal = new Terminal(gateway.url, [], { TERM: 'dumb' });
    expect(await terminal.ended()).toBe(2);
    expect(terminal.output).toMatch(
      /^pid \d+\r\nwatch: expected a terminal, but TERM is dumb; mnist-training-monitor show prints a run\r\n$/,
    );
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

(hasTmux ? test : test.skip)('text that is pasted into tmux is no command (S-71)', async () => {
  const runId = '20261105-100000-tmux';
  const commands = ['pause', 'stop', 'setLearningRate'] as const;
  const publisher = await gateway.publish({ runId, commands, events: runOf(runId).slice(0, 10) });
  const terminal = new TmuxTerminal(watchCommand(gateway.url, [runId]));
  try {
    await terminal.shows(/● running/);
    expect(terminal.screen()[0]).toMatch(/^20261105-100000-tmux +● running$/);
    terminal.paste('p');
    terminal.paste('stop it, yes please');
    terminal.press('l');
    await terminal.shows(/Learning rate: /);
    terminal.press('C-c');
    await terminal.shows(/%exit/);
    expect(terminal.output).not.toContain('Stop this run');
    expect(publisher.commands).toEqual([]);
  } finally {
    terminal.kill();
  }
});

(hasTmux ? test : test.skip)('Ctrl-Z gives the terminal back to the shell until fg', async () => {
  const runId = '20261107-100000-suspended';
  await gateway.publish({ runId, events: runOf(runId) });
  const terminal = new TmuxTerminal("env PS1='ready > ' bash --norc");
  try {
    await terminal.shows(/ready >/);
    terminal.press(`'${watchCommand(gateway.url, [runId])}'`, 'Enter');
    await terminal.shows(/✓ completed/);
    terminal.press('C-z');
    await terminal.shows(/\[\?1049l[\s\S]*Stopped[\s\S]*ready >/);
    const suspended = terminal.output.length;
    terminal.press('fg', 'Enter');
    await terminal.shows(/\[\?1049h[\s\S]*✓ completed/, suspended);
    terminal.press('q');
    await terminal.shows(/\[\?1049l[\s\S]*ready >/, suspended);
  } finally {
    terminal.kill();
  }
});

test('letters that arrive at once, without marks of a paste, are no commands either (S-71)', async () => {
  const runId = '20261106-100000-letters';
  const commands = ['pause', 'stop', 'setLearningRate'] as const;
  const publisher = await gateway.publish({ runId, commands, events: runOf(runId).slice(0, 10) });
  const base = new URL(`${gateway.url}/`);
  let prompt = '';
  let drawn = (): void => {};
  const screen = {
    size: { columns: 80, rows: 24 },
    show(lines: readonly Line[]) {
      prompt = encodeLine(lines.at(-1) ?? [], 80, { hasColours: false, hasUnicode: true });
      drawn();
    },
  };
  let quits = 0;
  const onQuit = (): void => {
    quits++;
  };
  const watch = new Watch({ base, api: new MonitorApi(base), screen, onQuit, onSuspend: () => {} });
  await watch.follow(runId);
  await new Promise<void>((resolve) => {
    drawn = () => prompt.startsWith('p pause') && resolve();
    watch.redraw();
  });
  watch.press(['s', 'y']);
  watch.press(['p', 'q']);
  expect(prompt).toMatch(/^p pause/);
  watch.press(['s']);
  watch.press(['y', 'e', 's']);
  expect(prompt).toMatch(/^Stop this run for good/);
  watch.press(['n']);
  watch.press(['l']);
  watch.press([...'0.001', '\r', 's', 'y']);
  await publisher.waitForCommands(1);
  expect(publisher.commands).toMatchObject([{ command: 'setLearningRate' }]);
  expect(quits).toBe(0);
  watch.press(['p', '\x03']);
  expect(quits).toBe(1);
  watch.close();
});
