import { describe, expect, it } from '@jest/globals';
import type { EpochData, RunStartedData } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  chartRuns,
  figureRows,
  listedRows,
  runRow,
  settingRows,
  summaryNow,
} from '../../../src/panels/runs/run-rows.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';
import { summaryOf } from '../../support/session.ts';

const events = sampleRun();
const started = (events[0]?.type === 'run.started' && events[0].data) as RunStartedData;
const epoch = events.find((event) => event.type === 'epoch')?.data as EpochData;
const run = emptyRun(events[0]?.runId ?? '');
for (const event of events) applyEvent(run, event);
const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the list of runs', () => {
  it('has what tells one run from another', () => {
    const row = runRow(
      summaryNow(summaryOf(run.runId, { status: 'completed', title: 'Baseline', note: 'the first' }), run),
    );
    expect(row).toMatchObject({ name: 'Baseline', named: true, statusName: 'Completed', note: 'the first' });
    expect(row).toMatchObject({ device: 'tensorflow on CPU', settings: '3 × 512, 0.01, constant' });
    expect([row.best, row.duration].map(spaced)).toEqual(['97.00 %', '18 s']);
  });

  it('has pinned runs first, and finds words wherever they stand', () => {
    const summaries = [
      summaryOf('a', { note: 'large batches' }),
      summaryOf('b', { pinned: true, status: 'failed' }),
      summaryOf('c', { title: 'Large network', status: 'failed' }),
    ];
    const found = (filter: string): string[] => listedRows(summaries, filter).map(({ runId }) => runId);
    expect(found('')).toEqual(['b', 'a', 'c']);
    expect(found('large')).toEqual(['a', 'c']);
    expect(found('FAILED large')).toEqual(['c']);
  });
});

describe('the comparison', () => {
  const first = summaryOf('first', { started, epoch });
  const second = summaryOf('second', {
    started: { ...started, config: { ...started.config, batchSize: 64 } },
    epoch: { ...epoch, test: { ...epoch.test, accuracy: epoch.test.accuracy + 0.01 } },
  });

  it('tells the difference of each figure to the baseline', () => {
    const [, accuracy] = figureRows([first, second, summaryOf('third')]);
    expect(accuracy?.values.map(({ text, change }) => spaced(`${text} ${change}`.trim()))).toEqual([
      '91.00 %',
      '92.00 % +1.00 %',
      '–',
    ]);
  });

  it('marks the settings that differ', () => {
    const rows = settingRows([first, second]);
    expect(rows.filter(({ differs }) => differs).map(({ name }) => name)).toEqual(['Batch size']);
    const textOf = (wanted: string) => rows.find(({ name }) => name === wanted)?.values[0]?.text;
    expect(textOf('Learning rate')).toBe('0.01, constant');
    expect(textOf('Augmentation')).toBe('none');
    expect(textOf('Parameters')).toBe('467,818');
  });

  it('tells runs apart by colour and by dashes, unless there is one alone', () => {
    expect(chartRuns(null, null, [])).toEqual([]);
    expect(chartRuns(run, null, [])).toEqual([{ run, name: run.runId, color: '--train' }]);
    const lines = chartRuns(run, summaryOf(run.runId, { title: 'mine' }), [
      { run: emptyRun('other'), summary: null },
    ]);
    expect(lines.map(({ name, color }) => [name, color])).toEqual([
      ['mine', '--run-1'],
      ['other', '--run-2'],
    ]);
    expect(lines[1]?.dash).toBeDefined();
  });
});
