import { expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { xExtent } from '../../src/panels/charts/x-range.ts';
import { exportContent } from '../../src/panels/export/export-content.ts';
import { deviceFacts, resultFacts, systemMeters, trainingFacts } from '../../src/panels/facts/run-facts.ts';
import { headerText, tabTitle } from '../../src/panels/header/header-text.ts';
import { epochColumns, epochRows } from '../../src/panels/log/epoch-rows.ts';
import { shownMetrics } from '../../src/panels/metrics/metric-groups.ts';
import { timelineText } from '../../src/panels/timeline/timeline-text.ts';
import { knownAxis } from '../../src/state/axis.ts';
import { shownCharts } from '../../src/state/chart-specs.ts';
import { findingsOf } from '../../src/state/findings.ts';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';
import {
  drawnThing,
  lossUnitOf,
  singular,
  speedUnitOf,
  stepWordOf,
  unitOf,
} from '../../src/state/run-words.ts';
import {
  epochsOnlyRun,
  languageModelRun,
  manyClassRun,
  metricsRun,
  regressionRun,
  thousandClassRun,
} from '../support/kinds-of-runs.ts';
import { connectedMessages, sessionOf } from '../support/session.ts';

const runOf = (events: readonly MonitorEvent[]): Run => {
  const run = emptyRun(events[0]?.runId ?? '');
  for (const event of events) applyEvent(run, event);
  return run;
};

it('a regression has no figure, chart or label for what it does not have', () => {
  const events = regressionRun('regression');
  const run = runOf(events);
  expect(shownCharts([run])).toEqual(['loss']);
  expect([...run.metrics.keys()]).toHaveLength(2);
  expect(lossUnitOf(run.started)).toBe('log likelihood');
  expect(stepWordOf(run)).toBe('step');
  expect(run.steps.lowest.get('loss')).toBeLessThan(0);
  const text = headerText(sessionOf(connectedMessages(events)), 0);
  expect(text.figures.map(({ field, name }) => [field, name])).toEqual([
    ['loss', 'Loss'],
    ['metric', 'valid/rmse'],
  ]);
  expect(text.parts.map(({ field }) => field)).toEqual(['batch', 'elapsed']);
  expect(text).toMatchObject({
    title: 'House prices',
    progress: null,
    percent: '',
    tags: ['xgboost', 'baseline'],
  });
  expect(tabTitle(text)).toBe(`${text.figures[0]?.value} — MNIST Training Monitor`);
  expect(trainingFacts(run.started!)).toContainEqual(['monotone', 'no']);
  expect(trainingFacts(run.started!)).toContainEqual(['gamma', 'none']);
  expect(knownAxis(run, 'epoch')).toBe('step');
  expect(exportContent(run)).toBe('120 steps, 2 custom metrics');
});

it('episodes with a step of their own are steps on the axis, and epochs in the header', () => {
  const time = '2026-11-24T10:00:00.000Z';
  const event = (seq: number, type: string, data: object): MonitorEvent =>
    ({ v: 1, runId: 'rl', seq, time, type, data }) as MonitorEvent;
  const started = event(1, 'run.started', { config: {}, totals: { epochs: 4 } });
  const episode = (seq: number, epoch: number, step?: number) =>
    event(seq, 'epoch', { epoch, metrics: { reward: epoch }, ...(step && { step }) });
  const events = [started, episode(2, 1, 200), episode(3, 2, 420)];
  const run = runOf(events);
  expect(stepWordOf(run)).toBe('step');
  expect(timelineText(run, 200)).toBe('Step 200 of 420, epoch 1');
  expect(xExtent([run], 'step', false).all.max).toBe(420);
  expect(headerText(sessionOf(connectedMessages(events)), 0)).toMatchObject({
    progress: 0.5,
    parts: [
      { field: 'epoch', text: 'Epoch 2 of 4' },
      { field: 'batch', text: 'step 420' },
      { field: 'elapsed', text: '0\u00a0s of training' },
    ],
  });
  // The table of epochs has nothing to list, and an axis of epochs of different lengths would be false.
  expect(epochColumns(epochRows(run.epochs))).toEqual([]);
  expect(knownAxis(run, 'epoch')).toBe('step');
  // An episode without a step ends at the step that custom metrics have reached.
  const logged = runOf([started, event(2, 'metrics', { step: 900, metrics: { q: 1 } }), episode(3, 1)]);
  expect([stepWordOf(logged), logged.step, logged.epochs[0]?.step]).toEqual(['step', 900, 900]);
  // Without any step, the epochs are the steps, also of a run that announces the number of its steps.
  const epochsOf40 = { ...started, data: { config: {}, totals: { epochs: 4, steps: 40 } } } as MonitorEvent;
  const withoutSteps = [epochsOf40, episode(2, 1), episode(3, 2)];
  expect(stepWordOf(runOf(withoutSteps))).toBe('epoch');
  expect(headerText(sessionOf(connectedMessages(withoutSteps)), 0).progress).toBe(0.5);
});

it('a language model counts tokens, and the load of its GPUs is the mean of both', () => {
  const run = runOf(languageModelRun('tokens', 10_000, 50));
  expect(shownCharts([run])).toEqual(['loss', 'rate', 'speed', 'machine']);
  expect(unitOf(run.started)).toBe('tokens');
  expect(lossUnitOf(run.started)).toBe('nats per token');
  expect(run.machine.last('gpuLoad')).toBeCloseTo(0.85);
  expect(systemMeters(run.system!).map(({ name }) => name)).toContain('GPU 1');
  const gpu = {
    load: 0.5,
    memoryUsedBytes: 6e10,
    memoryTotalBytes: 8e10,
    temperatureCelsius: 60,
    powerWatts: 600,
  };
  expect(systemMeters({ gpus: [gpu, { load: 0.25 }] })).toEqual([
    {
      ...{ name: 'GPU 0', share: 0.5 },
      value: '50\u00a0%, 60.0\u00a0GB of 80.0\u00a0GB, 60\u00a0°C, 600\u00a0W',
    },
    { name: 'GPU 1', value: '25\u00a0%', share: 0.25 },
  ]);
  expect(deviceFacts(run.started!)).toContainEqual(['GPU 0', 'H100 0, 80.0\u00a0GB, driver 570.1']);
});

it('a run that reports only epochs has a point for each of them', () => {
  const run = runOf(epochsOnlyRun('epochs'));
  expect(run.steps.length).toBe(12);
  expect(stepWordOf(run)).toBe('epoch');
  expect(shownCharts([run])).toEqual(['loss', 'accuracy']);
  expect(epochColumns(epochRows(run.epochs)).map(({ title }) => title)).toEqual([
    'Train loss',
    'Train acc.',
    'Test loss',
    'Time',
  ]);
});

it('a run that reports only epochs, with the steps at which they ended, is measured in steps', () => {
  const events = epochsOnlyRun('stepped').map((event) =>
    event.type === 'epoch' ? { ...event, data: { ...event.data, step: event.data.epoch * 500 } } : event,
  ) as MonitorEvent[];
  const run = runOf(events.slice(0, 4));
  expect(stepWordOf(run)).toBe('step');
  expect(timelineText(run, null)).toBe('Now: step 1,500');
  expect(timelineText(run, 1_000)).toMatch(/^Step 1,000 of 1,500, epoch 2: loss /);
  expect(headerText(sessionOf(connectedMessages(events)), 0).parts).toContainEqual({
    ...{ field: 'batch', text: 'step 6,000' },
  });
});

it('an epoch without a step ends at the latest step of the metrics, in a run without batches', () => {
  const events = epochsOnlyRun('measured').flatMap((event) => {
    if (event.type !== 'epoch') return [event];
    const data = { step: event.data.epoch * 40, metrics: { 'gan/divergence': 0.5 } };
    return [{ ...event, type: 'metrics', data } as MonitorEvent, event];
  });
  const run = runOf(events.slice(0, 7).map((event, index) => ({ ...event, seq: index + 1 })));
  expect(run.epochs.map(({ step }) => step)).toEqual([40, 80, 120]);
  expect(timelineText(run, null)).toBe('Now: step 120');
});

it('a run of version 1 has all charts and figures before its first batch', () => {
  const events = sampleRun().slice(0, 1);
  expect(shownCharts([runOf(events)])).toHaveLength(5);
  expect(headerText(sessionOf(connectedMessages(events)), 0).figures).toHaveLength(3);
});

it('metrics are found by their name and group, and limited', () => {
  const run = runOf(metricsRun('metrics'));
  const { groups, total, found } = shownMetrics([run], '', 8);
  expect({ total, found }).toEqual({ total: 30, found: 30 });
  expect(groups.map(({ title, specs }) => [title, specs.length])).toEqual([
    ['train', 3],
    ['eval', 3],
    ['time', 2],
  ]);
  const search = shownMetrics([run], 'EVAL _13', 8);
  expect(search.groups.flatMap(({ specs }) => specs.map(({ title }) => title))).toEqual(['eval/metric_13']);
  expect(resultFacts(run.finished!)).toEqual([['eval/bleu', '31.400']]);
  expect(exportContent(run)).toBe('30 custom metrics, 2 figures (JSON lines only)');
});

it('no kind of run leads to a false finding', () => {
  const kinds = [regressionRun, languageModelRun, manyClassRun, thousandClassRun, epochsOnlyRun, metricsRun];
  for (const kind of kinds) {
    const codes = findingsOf(runOf(kind('run'))).map(({ code }) => code);
    expect(codes.filter((code) => code.startsWith('training.'))).toEqual([]);
  }
});

it('cells of a large confusion matrix are kept for the latest ten epochs', () => {
  const run = runOf(thousandClassRun('thousand', 13));
  const kept = run.epochs.map(({ test }) => Boolean(test?.confusionCells));
  expect(kept).toEqual(Array.from({ length: 13 }, (_, index) => index >= 3));
});

it.each([
  ['images', 'image'],
  ['batches', 'batch'],
  ['boxes', 'box'],
  ['bodies', 'body'],
  ['loss', 'loss'],
  ['data', 'data'],
])('the singular of %s is %s', (plural, one) => expect(singular(plural)).toBe(one));

it('counts samples, and their losses without a unit, where a run says nothing of them', () => {
  const { started } = runOf(metricsRun('metrics'));
  expect([unitOf(started), speedUnitOf(started), lossUnitOf(started)]).toEqual(['samples', 'per second', '']);
  const classes = { ...started!, dataset: { name: 'Two', classes: ['no', 'yes'] } };
  expect(lossUnitOf(classes)).toBe('nats per sample');
});

it('names what a viewer draws by the classes of the run', () => {
  expect(drawnThing(null)).toBe('a digit');
  expect(drawnThing(runOf([...sampleRun()]))).toBe('a digit');
  expect(drawnThing(runOf(manyClassRun('many')))).toBe('a character');
  expect(drawnThing(runOf(thousandClassRun('thousand')))).toBe('a picture');
  expect(drawnThing(runOf(metricsRun('metrics')))).toBe('a picture');
});

it('a run that has sent only figures has no chart, also while it has not ended', () => {
  const [started] = regressionRun('figures');
  const figure = {
    ...{ type: 'figure', runId: 'figures', seq: 2, time: started!.time },
    data: { name: 'samples', kind: 'table', columns: ['a'], rows: [[1]] },
  } as unknown as MonitorEvent;
  expect(shownCharts([runOf([started!])])).toEqual(['loss']);
  expect(shownCharts([runOf([started!, figure])])).toEqual([]);
});

it('a run that reports only the loss of its tests shows it as the loss', () => {
  const events = epochsOnlyRun('tests').map((event) =>
    event.type === 'epoch' ? { ...event, data: { epoch: event.data.epoch, test: { loss: -1.5 } } } : event,
  ) as MonitorEvent[];
  const text = headerText(sessionOf(connectedMessages(events)), 0);
  expect(text.figures).toMatchObject([
    { field: 'loss', value: '-1.500', curve: 'test', isBad: false, notes: ['test, after epoch 12'] },
  ]);
});
