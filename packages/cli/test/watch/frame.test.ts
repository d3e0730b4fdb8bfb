import { describe, expect, test } from '@jest/globals';
import type { LiveClientMessage, MonitorEvent, RunSummary } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { frame } from '../../src/watch/frame.ts';
import { encodeLine, hasUnicode, widthOf, wrap } from '../../src/watch/text.ts';
import { WatchedRun } from '../../src/watch/watched-run.ts';

const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });
const started = events[0] as Extract<MonitorEvent, { type: 'run.started' }>;

/** Returns a hello that announces the sample run, with some fields changed. */
function hello(changes: Partial<RunSummary> = {}): LiveClientMessage {
  const run = {
    ...{ runId: started.runId, status: 'running', connected: true, startedAt: started.time },
    ...{
      lastEventAt: started.time,
      lastSeq: 1,
      bytes: 1,
      title: null,
      note: null,
      pinned: false,
      model: false,
    },
    ...{ commands: ['pause', 'stop', 'setLearningRate'], started: started.data },
    ...{ batch: null, epoch: null, bestAccuracy: null, finished: null },
    ...changes,
  } as RunSummary;
  return { type: 'hello', server: '1', run, after: 0, heartbeatMs: 1, commands: 'open', waitingTrainers: 0 };
}

/** Returns a watched run that has received the first events of the sample run. */
function watched(count: number, changes: Partial<RunSummary> = {}): WatchedRun {
  const run = new WatchedRun();
  run.receive({ type: 'connection', state: { name: 'open' } });
  run.receive(hello(changes));
  for (const event of events.slice(0, count)) run.receive({ type: 'event', event });
  return run;
}

/** Returns the lines of a terminal as text without colours. */
const shown = (
  run: WatchedRun,
  columns: number,
  rows: number,
  { prompt = '', hasUnicode = true } = {},
): string[] =>
  frame(run, { columns, rows, prompt }).map((line) =>
    encodeLine(line, columns, { hasColours: false, hasUnicode }),
  );

describe('the terminal view of a run', () => {
  test.each([
    [80, 24],
    [120, 40],
    [200, 50],
    [40, 12],
    [41, 13],
  ])('has exactly the lines of a terminal of %d × %d, none wider than it', (columns, rows) => {
    for (const count of [0, 1, 5, 30, events.length]) {
      const lines = shown(watched(count), columns, rows);
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  test('shows progress, loss, test accuracy, the curve, the matrix and the keys at 80 × 24', () => {
    const text = shown(watched(events.length - 1), 80, 24).join('\n');
    expect(text).toMatch(/step 60\/60 {3}epoch 3\/3/);
    expect(text).toMatch(/loss \d\.\d{4}/);
    expect(text).toMatch(/test accuracy \d\d\.\d\d %/);
    expect(text).toMatch(/[\u2801-\u28ff]{4}/);
    expect(text).toContain('Test images: true class by predicted class');
    expect(text).toContain('p pause   s stop   l learning rate   ← → other run   q quit');
  });

  test('shows shares instead of counts where these leave no room for the curve', () => {
    const run = watched(events.length);
    run.confusion = run.confusion.map((row) => row.map((count) => count * 10));
    expect(shown(run, 80, 24).join('\n')).toMatch(/True class by predicted class, %[\s\S]* 97 /);
    expect(shown(run, 120, 40).join('\n')).toMatch(/Test images: true class by predicted class[\s\S]* 9700 /);
  });

  test('shows no keys for commands that the run does not accept', () => {
    expect(shown(watched(5, { commands: [] }), 80, 24).at(-1)).toBe('← → other run   q quit');
  });

  test('shows a question in place of the keys', () => {
    expect(shown(watched(5), 80, 24, { prompt: 'Stop this run?' }).at(-1)).toBe('Stop this run?');
  });

  test('is readable at 40 × 12: short names, whole values, and long texts in several lines', () => {
    const run = watched(30, { connected: false });
    run.notices = [];
    const message =
      'The loss rises far above its start, so the learning rate may be too high for this network.';
    run.receive({
      type: 'event',
      event: {
        ...started,
        type: 'notice',
        data: { level: 'warning', code: 'a', message, step: 9 },
      } as MonitorEvent,
    });
    const lines = shown(run, 40, 12);
    expect(lines[0]).toMatch(/● running$/);
    expect(lines[1]).toMatch(/^step 24\/60 {2}epoch 2\/3 {2}0:11 left$/);
    expect(lines[2]).toMatch(/^loss [\d.]+ {2}acc\. [\d.]+ % {2}rate [\d.]+$/);
    expect(lines[3]).toMatch(/^test [\d.]+ % {2}best [\d.]+ % {2}loss [\d.]+$/);
    expect(lines.slice(-3)).toEqual([
      '! step 9: The loss rises far above its',
      'start, so the learning rate may be too…',
      'p pause  s stop  l rate  ←→ run  q quit',
    ]);
    const prompt = 'Stop this run for good? y: yes, any other key: no';
    expect(shown(run, 40, 12, { prompt }).slice(-2)).toEqual([
      'Stop this run for good? y: yes, any',
      'other key: no',
    ]);
    expect(shown(run, 20, 12).join(' ')).toMatch(/^The terminal is too small: 40 × 12 are needed\. *$/);
  });

  test('shows ASCII alone, of the same width, where the terminal has no Unicode', () => {
    const run = watched(events.length, { title: 'Größe 数字' });
    const lines = shown(run, 80, 24, { hasUnicode: false });
    expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
    const inUnicode = shown(run, 80, 24).map((line) => line.replace(/\u2800+$/, '').trimEnd());
    expect(lines.map(widthOf)).toEqual(inUnicode.map(widthOf));
    expect(lines[0]).toMatch(/^Gr\?\?e \?\?\?\? +v completed$/);
    expect(lines.join('\n')).toMatch(/['.:]{4}/);
  });

  test.each([
    [{}, true],
    [{ LANG: 'C.UTF-8' }, true],
    [{ LANG: 'en_US.utf8', LC_ALL: '' }, true],
    [{ LANG: 'C' }, false],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'POSIX' }, false],
    [{ LANG: 'de_DE.UTF-8', LC_CTYPE: 'de_DE.ISO-8859-1' }, false],
  ])('with the locale %j, a terminal has Unicode: %s', (environment, expected) => {
    expect(hasUnicode(environment)).toBe(expected);
  });

  test('says that the run was deleted, and offers no commands then', () => {
    const run = watched(5);
    const state = { name: 'closed', reason: 'runDeleted', code: 'runDeleted' } as const;
    run.receive({ type: 'connection', state });
    const lines = shown(run, 80, 24);
    expect(lines).toContain('! This run was deleted. ← → shows another one.');
    expect(lines.at(-1)).toBe('← → other run   q quit');
  });

  test.each([
    ['one two three', 7, 3, ['one two', 'three']],
    ['one two three', 6, 2, ['one', 'two t…']],
    ['abcdefghij', 4, 3, ['abcd', 'efgh', 'ij']],
    ['数字数字', 5, 2, ['数字', '数字']],
    ['', 5, 2, ['']],
    ['abc', 0, 2, ['a', '']],
  ])('breaks %j at %d columns into at most %d lines', (text, columns, rows, lines) => {
    expect(wrap(text, columns, rows)).toEqual(lines);
  });

  test('keeps the curve beside values of any length, and says how long a run takes only while it runs', () => {
    const run = watched(10, { status: 'interrupted' });
    run.loss.add(100, -1e300);
    const lines = shown(run, 80, 24);
    expect(lines.find((line) => line.includes('-1.00e+300'))).toMatch(/^ {0,2}-1\.00e\+300 [\u2800-\u28ff]+/);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80);
    expect(lines.join('\n')).not.toContain(' left');
  });

  test('shows a loss that is not a number, and goes on', () => {
    const run = watched(10);
    const batch = events[9] as Extract<MonitorEvent, { type: 'batch' }>;
    run.receive({ type: 'event', event: { ...batch, data: { ...batch.data, loss: Number.NaN } } });
    expect(shown(run, 80, 24).join('\n')).toContain('loss NaN');
  });

  test('shows names without control characters, and cuts wide ones at the columns that they take', () => {
    const run = watched(5, { title: `\x1b[31m${'数字'.repeat(60)}` });
    const [title = ''] = shown(run, 80, 24);
    expect(title).not.toContain('\x1b');
    expect(widthOf(title)).toBeLessThanOrEqual(80);
    expect(title).toMatch(/● running$/);
  });

  test('shows that a run starts, until it has begun', () => {
    const run = watched(5);
    run.receive({ type: 'trainers', waiting: 0, starting: [{ runId: null, name: 'Higher rate' }] });
    expect(shown(run, 80, 24)).toContain('· Starting Higher rate …');
    run.receive({ type: 'trainers', waiting: 0, starting: [{ runId: 'next', name: null }] });
    expect(shown(run, 80, 24)).toContain('· Starting next …');
    const none = new WatchedRun();
    const starting = [{ runId: null, name: null }];
    none.receive({ ...hello(), run: null, starting } as LiveClientMessage);
    expect(shown(none, 80, 24)).toContain('· Starting a run …');
    run.receive(hello({ runId: 'next' }));
    expect(shown(run, 80, 24).join('\n')).not.toContain('Starting');
  });

  test('shows no control characters, whatever a trainer answers', () => {
    const prompt = 'stop: \x1b[2J\x9b31m\u202eno\r\n';
    expect(shown(watched(5), 80, 24, { prompt }).at(-1)).toBe('stop:  [2J 31m no');
  });

  test('says that there is no run yet, that the connection is lost, and that the terminal is too small', () => {
    const none = new WatchedRun();
    expect(shown(none, 80, 24).join('\n')).toContain('Connecting to the gateway …');
    none.receive({ ...hello(), run: null } as LiveClientMessage);
    none.receive({ type: 'connection', state: { name: 'waiting', retryInMs: 1_500, reason: 'refused' } });
    expect(shown(none, 80, 24).join('\n')).toMatch(
      /No run yet[\s\S]*! no connection \(refused\), next try in 2 s/,
    );
    expect(shown(watched(5), 39, 24)[0]).toMatch(/^The terminal is too small/);
  });

  test('contains colours only where they are wanted', () => {
    const lines = frame(watched(30), { columns: 80, rows: 24, prompt: '' });
    expect(
      lines.map((line) => encodeLine(line, 80, { hasColours: false, hasUnicode: true })).join(''),
    ).not.toContain('\x1b');
    expect(
      lines.map((line) => encodeLine(line, 80, { hasColours: true, hasUnicode: true })).join(''),
    ).toContain('\x1b[36m');
  });
});

describe('a watched run', () => {
  test('continues the curve of the steps before the feed', () => {
    const run = watched(0);
    for (const event of events.slice(10, 14)) run.receive({ type: 'event', event });
    const runId = started.runId;
    run.addHistory({
      ...{ runId, lastSeq: 10, x: 'step' },
      series: [{ field: 'batch.loss', x: [1, 2, 3], y: [3, 2, Number.NaN] }],
    });
    expect(run.loss.points.slice(0, 2).map(({ x }) => x)).toEqual([1, 2]);
    expect(run.loss.points.length).toBeGreaterThan(4);
  });

  test('starts again with another run', () => {
    const run = watched(30);
    run.receive(hello({ runId: 'another' }));
    expect(run.loss.points).toEqual([]);
    expect(run.confusion).toEqual([]);
  });
});
