import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { headerText, tabTitle } from '../../src/panels/header/header-text.ts';
import { runRow } from '../../src/panels/runs/run-rows.ts';
import { findingsOf } from '../../src/state/findings.ts';
import { phaseOf } from '../../src/state/phase.ts';
import { lastResultsOf, type Run } from '../../src/state/run.ts';
import { RunWatch } from '../../src/state/run-news.ts';
import { connectedMessages, sessionOf, summaryOf } from '../support/session.ts';

const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });

/** Returns the sample run with other losses, and with other results of its last epoch and its end. */
const runWith = (
  loss: (step: number, usual: number) => number,
  test: { loss: number; accuracy: number } = { loss: 0.1, accuracy: 0.97 },
): MonitorEvent[] =>
  events.map((event) => {
    if (event.type === 'batch')
      return { ...event, data: { ...event.data, loss: loss(event.data.step, event.data.loss) } };
    const isLast = event.type === 'run.finished' || (event.type === 'epoch' && event.data.epoch === 3);
    return isLast ? ({ ...event, data: { ...event.data, test } } as MonitorEvent) : event;
  });

/** Returns what each place of the page reports about the run after these events. */
function reported(shown: readonly MonitorEvent[]) {
  const session = sessionOf(connectedMessages(shown));
  const run = session.run as Run;
  const status = phaseOf(session) as 'running' | 'completed';
  const summary = summaryOf(run.runId, { ...lastResultsOf(run), status });
  const before = sessionOf(connectedMessages(shown.slice(0, -1)));
  const watch = new RunWatch();
  const common = { run, name: 'R', caughtUp: true };
  watch.update({ ...common, phase: phaseOf(before), findings: findingsOf(before.run as Run) });
  const text = headerText(session, 0);
  // A page that has just been opened has the summary before the events.
  const [connection, hello] = connectedMessages(shown, summary);
  const opened = sessionOf([connection, hello].filter((message) => message !== undefined));
  return {
    page: text.phaseName,
    opened: headerText(opened, 0).phaseName,
    tab: tabTitle(text).split(' — ')[0],
    list: runRow(summary).statusName,
    news: watch.update({ ...common, phase: phaseOf(session), findings: findingsOf(run) })[0]?.title,
    finding: findingsOf(run).find(({ code }) => code.startsWith('training.diverg')),
    remaining: text.remaining,
  };
}

const guessing = { loss: 1e6, accuracy: 0.1 };

describe('a run that has ended is reported alike by its page, the list of runs, the tab and the news', () => {
  it.each([
    [
      'its last two batches',
      runWith((step, usual) => (step > 58 ? 1e6 : usual), guessing),
      'Diverged at batch 59',
    ],
    [
      'half of its batches',
      runWith((step, usual) => (step > 30 ? 1e6 : usual), guessing),
      'Diverged at batch 31',
    ],
    [
      'a loss that is not a number',
      runWith((step, usual) => (step > 30 ? Number.NaN : usual), guessing),
      'Diverged at batch 31',
    ],
    ['its last test alone', runWith((_, usual) => usual, { loss: Number.NaN, accuracy: 0.1 }), 'Diverged'],
  ])('if it has diverged in %s', (_, shown, name) => {
    expect(reported(shown)).toMatchObject({
      ...{ page: name, opened: 'Diverged', tab: name, list: 'Diverged', news: 'R: diverged', remaining: '' },
      finding: { level: 'error' },
    });
  });

  it.each([
    ['one outlier', runWith((step, usual) => (step === 58 ? 1e6 : usual))],
    [
      'batches that the network has recovered from',
      runWith((step, usual) => (step > 10 && step < 20 ? 1e6 : usual)),
    ],
    ['a loss that was not a number once', runWith((step, usual) => (step === 12 ? Number.NaN : usual))],
    [
      'last batches of a network that still reads digits',
      runWith((step, usual) => (step > 50 ? 1e6 : usual)),
    ],
  ])('if it is completed in spite of %s', (_, shown) => {
    const { tab, finding, ...others } = reported(shown);
    expect(others).toEqual({
      ...{
        page: 'Completed',
        opened: 'Completed',
        list: 'Completed',
        news: 'R: completed',
        remaining: 'Done',
      },
    });
    expect(tab).toMatch(/completed$/);
    expect(finding?.level).not.toBe('error');
  });
});

it('a run that is diverging shows no time that is left, and its findings say so as long as it goes on', () => {
  const rising = runWith((step, usual) => (step > 30 ? 1e6 : usual), guessing).slice(0, 48);
  expect(reported(rising)).toMatchObject({
    ...{ page: 'Diverging since batch 31', list: 'Running', remaining: '' },
    finding: { message: expect.stringContaining('the run diverges.') },
  });
  const ended = reported(runWith((step, usual) => (step > 30 ? 1e6 : usual), guessing));
  expect(ended.finding?.message).toContain('the run has diverged.');
});

it('a loss that was not a number is no error once the run has ended well', () => {
  const { finding } = reported(runWith((step, usual) => (step === 12 ? Number.NaN : usual)));
  expect(finding).toMatchObject({
    ...{ level: 'warning', step: 12 },
    message: 'The loss was NaN here, but the last results are finite: the run has recovered.',
  });
});

it('a run that reports epochs alone diverges with the first epoch whose mean loss is far above its start', () => {
  const epochsAlone = (losses: readonly number[]): MonitorEvent[] => {
    const [started] = events;
    const epochs = losses.map((loss, index) => ({
      ...{ ...started, seq: index + 2, type: 'epoch' },
      data: { epoch: index + 1, train: { loss, accuracy: 0.1 } },
    }));
    return [started, ...epochs] as MonitorEvent[];
  };
  expect(reported(epochsAlone([0.5, 0.4, 1e9]))).toMatchObject({
    ...{ page: 'Diverging since epoch 3', remaining: '' },
    finding: { level: 'error' },
  });
  expect(reported(epochsAlone([0.5, 0.4, 1e9, 0.4])).page).toBe('Running');
});
