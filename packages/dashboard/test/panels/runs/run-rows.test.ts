import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { updatedSummary } from '../../../src/panels/compare/comparison.ts';
import { type RunRow, runRow } from '../../../src/panels/runs/run-rows.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';
import { summaryOf } from '../../support/session.ts';

const events = sampleRun();
const run = emptyRun(events[0]?.runId ?? '');
for (const event of events) applyEvent(run, event);
const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the list of runs', () => {
  it('has the properties that distinguish runs', () => {
    const row = runRow(
      updatedSummary(
        summaryOf(run.runId, { status: 'completed', title: 'Baseline', note: 'the first' }),
        run,
      ),
    );
    expect(row).toMatchObject({
      name: 'Baseline',
      hasName: true,
      statusName: 'Completed',
      note: 'the first',
    });
    expect(row).toMatchObject({
      device: 'tensorflow on CPU',
      settings: 'rate 0.01, batch 512, 3 epochs, momentum, constant',
    });
    expect([row.bestAccuracy, row.duration].map(withPlainSpaces)).toEqual(['97.00 %', '18 s']);
  });

  it('says of a run that completed with a network that had diverged that it diverged', () => {
    const digits = { config: {}, dataset: { name: 'MNIST', classes: [...'0123456789'] } };
    const ended = (loss: number, accuracy: number): string =>
      runRow(
        summaryOf('a', {
          ...{ status: 'completed', started: digits },
          batch: { step: 60, loss },
          epoch: { epoch: 3, step: 60, test: { loss, accuracy } },
          finished: { status: 'completed', reason: 'all epochs done', seconds: 1, files: [] },
        }),
      ).statusName;
    expect(ended(Number.NaN, 0.098)).toBe('Diverged');
    expect(ended(1e10, 0.1135)).toBe('Diverged');
    expect(ended(2.301, 0.1135)).toBe('Completed');
    // The sum of the losses of a batch may be high.
    expect(ended(12, 0.97)).toBe('Completed');
  });

  it('says of a run in training whose last loss is that of a network that has diverged that it is diverging', () => {
    const running = (loss: number): Pick<RunRow, 'status' | 'statusName'> =>
      runRow(summaryOf('a', { status: 'running', batch: { step: 1, loss } }));
    expect(running(Number.NaN)).toMatchObject({ status: 'interrupted', statusName: 'Diverging' });
    expect(running(2.3)).toMatchObject({ status: 'running', statusName: 'Running' });
    const paused = summaryOf('a', { status: 'paused', batch: { step: 1, loss: Number.NaN } });
    expect(runRow(paused).statusName).toBe('Paused');
  });

  it('has names and tags that do not turn the direction of the text around them', () => {
    const row = runRow(summaryOf('a', { name: '\u202elive\u2066 run', tags: ['\u202dtag'] }));
    expect(row).toMatchObject({ name: 'live run', tags: ['tag'] });
  });

  it('has the name and the tags that users gave, or else those of the publisher', () => {
    const started = { config: {}, name: 'As sent', tags: ['own'] };
    const summaries = [
      summaryOf('a', { started }),
      summaryOf('b', { started, name: 'Renamed', tags: ['sweep 3'] }),
      summaryOf('c', { started, title: 'Titled', name: 'Renamed', tags: [] }),
      summaryOf('d', { started, name: null, tags: [] }),
    ];
    expect(
      summaries.map((summary) => runRow(summary)).map(({ name, hasName, tags }) => [name, hasName, tags]),
    ).toEqual([
      ['As sent', true, ['own']],
      ['Renamed', true, ['sweep 3']],
      ['Titled', true, []],
      ['d', false, []],
    ]);
  });
});
