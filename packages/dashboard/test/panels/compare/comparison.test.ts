import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent, Version1EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  comparedRuns,
  differingSettings,
  resultRows,
  settingRows,
} from '../../../src/panels/compare/comparison.ts';
import type { RunStartedData } from '../../../src/state/event-data.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';
import { metricsRun } from '../../support/kinds-of-runs.ts';
import { summaryOf } from '../../support/session.ts';

const events = sampleRun();
const started = (events[0]?.type === 'run.started' &&
  events[0].data) as Version1EventOf<'run.started'>['data'];
const epoch = events.find((event) => event.type === 'epoch')?.data as Version1EventOf<'epoch'>['data'];
const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the comparison', () => {
  const first = summaryOf('first', { started, epoch });
  const second = summaryOf('second', {
    started: { ...started, config: { ...started.config, batchSize: 64 } },
    epoch: { ...epoch, test: { ...epoch.test, accuracy: epoch.test.accuracy + 0.01 } },
  });

  it('shows the difference of each result to the baseline', () => {
    const rows = resultRows(
      [first, second, summaryOf('third')].map((summary) => ({ summary, metrics: new Map() })),
    );
    const accuracy = rows.find(({ name }) => name === 'Test accuracy');
    expect(accuracy?.values.map(({ text, change }) => withPlainSpaces(`${text} ${change}`.trim()))).toEqual([
      '91.00 %',
      '92.00 % +1.00 pp',
      '–',
    ]);
  });

  it('shows the latest value of each custom metric, whichever event carried it', () => {
    const followed = (runId: string, changes: (metrics: Record<string, number>) => object) => {
      const run = emptyRun(runId);
      for (const event of metricsRun(runId, 3)) applyEvent(run, event);
      const seq = run.lastSeq + 1;
      const time = '2026-11-30T10:00:00.000Z';
      const data = { step: 41, metrics: changes({ 'train/metric_0': 0.5, late: 7 }) };
      applyEvent(run, { v: 1, runId, seq, time, type: 'metrics', data } as MonitorEvent);
      return { run, summary: summaryOf(runId) };
    };
    const rowsOf = (...runs: { run: Run; summary: ReturnType<typeof summaryOf> }[]) =>
      resultRows(comparedRuns(runs)).map(({ name, values }) => [
        name,
        ...values.map(({ text, change }) => `${text} ${change}`.trim()),
      ]);
    const [one, two] = [
      followed('one', (metrics) => metrics),
      followed('two', () => ({ 'train/metric_0': 0.75 })),
    ];
    const rows = rowsOf(one, two);
    expect(rows).toContainEqual(['train/metric_0', '0.5000', '0.7500 +0.2500']);
    expect(rows).toContainEqual(['late', '7', '–']);
    expect(rows.map(([name]) => name)).toEqual(
      expect.arrayContaining(['eval/metric_1', 'time/metric_2', 'late']),
    );
    // The values with which a run ends are its last ones.
    const ended = emptyRun('ended');
    for (const event of metricsRun('ended', 3)) applyEvent(ended, event);
    expect(rowsOf({ run: ended, summary: summaryOf('ended') }, two)).toContainEqual([
      'eval/bleu',
      '31.400',
      '–',
    ]);
  });

  it('shows the training time of a run that was resumed after its end, not the time at that end', () => {
    const resumed = emptyRun('resumed');
    for (const event of sampleRun()) applyEvent(resumed, { ...event, runId: 'resumed' });
    const { finished, lastSeq } = resumed;
    const summary = summaryOf('resumed', { started, epoch, finished, lastSeq });
    const timeOf = () =>
      resultRows(comparedRuns([{ run: resumed, summary }])).find(({ name }) => name === 'Training time')
        ?.values[0]?.text;
    expect(withPlainSpaces(timeOf() ?? '')).toBe('18 s');
    const batch = { ...resumed.batch, step: resumed.step + 1, elapsedSeconds: 42 };
    const time = '2026-11-30T10:00:00.000Z';
    applyEvent(resumed, {
      ...{ v: 1, runId: 'resumed', seq: lastSeq + 1, time, type: 'batch', data: batch },
    } as MonitorEvent);
    expect(withPlainSpaces(timeOf() ?? '')).toBe('42 s');
  });

  it('lists the settings that differ first, and marks them', () => {
    const rows = settingRows([first, second]);
    expect(rows.filter(({ differs }) => differs).map(({ name }) => name)).toEqual(['Batch size']);
    expect(rows[0]?.name).toBe('Batch size');
    const textOf = (wanted: string) => rows.find(({ name }) => name === wanted)?.values[0]?.text;
    expect(textOf('Learning rate')).toBe('0.01, constant');
    expect(textOf('Augmentation')).toBe('none');
    expect(textOf('Parameters')).toBe('467,818');
  });
});

describe('the legend of a comparison', () => {
  const withConfig = (config: object): RunStartedData => ({
    ...started,
    config: { ...started.config, ...config },
  });

  it('has the settings in which the runs differ, and no others', () => {
    const loading = differingSettings([started, null, withConfig({ batchSize: 64 })]);
    expect(loading.columns).toEqual([{ name: 'Batch size', values: ['512', '–', '64'] }]);
    expect(differingSettings([started, withConfig({ batchSize: 64 })])).toEqual({
      columns: [{ name: 'Batch size', values: ['512', '64'] }],
      more: 0,
    });
    expect(differingSettings([started, started])).toEqual({ columns: [], more: 0 });
  });

  it('begins with settings of which the runs report different values, before those that some do not report', () => {
    const bare: RunStartedData = { config: { batchSize: 512, learningRate: 0.05 } };
    const { columns } = differingSettings([started, withConfig({ learningRate: 0.003 }), bare]);
    expect(columns[0]?.name).toBe('Learning rate');
    expect(columns[1]?.values).toContain('–');
  });

  it('has at most three of them, and counts the others', () => {
    const other = withConfig({ batchSize: 64, seed: 9, optimizer: 'sgd', dropout: 0.5, width: 2 });
    const { columns, more } = differingSettings([started, other]);
    expect(columns).toHaveLength(3);
    expect(more).toBe(2);
  });
});
