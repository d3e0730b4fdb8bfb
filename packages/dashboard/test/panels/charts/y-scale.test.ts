import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { yScaleChoice } from '../../../src/panels/charts/y-scale.ts';
import { chartSpecs } from '../../../src/state/chart-specs.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';
import { epochsOnlyRun } from '../../support/kinds-of-runs.ts';

/** Returns the sample run with another loss of every batch, and of every test. */
const runWith = (batchLoss: number, testLoss: number): Run =>
  runOf(
    sampleRun({ epochs: 2, batchesPerEpoch: 5 }).map((event) => {
      if (event.type === 'batch') return { ...event, data: { ...event.data, loss: batchLoss } };
      if (event.type !== 'epoch') return event;
      return { ...event, data: { ...event.data, test: { ...event.data.test, loss: testLoss } } };
    }) as MonitorEvent[],
  );

function runOf(events: readonly MonitorEvent[]): Run {
  const run = emptyRun(events[0]?.runId ?? '');
  for (const event of events) applyEvent(run, event);
  return run;
}

describe('the y axis of the losses', () => {
  it('is logarithmic at first, also before the first value', () => {
    for (const run of [emptyRun('empty'), runWith(0.5, 0.4), runWith(Number.NaN, 0.4)])
      expect(yScaleChoice(chartSpecs.loss, [run])).toEqual({ offered: ['log', 'linear'], initial: 'log' });
  });

  it('is linear at first when a batch or a test has a loss of 0', () => {
    for (const run of [runWith(0, 0), runWith(0, 0.4), runWith(0.5, 0)])
      expect(yScaleChoice(chartSpecs.loss, [run])).toEqual({ offered: ['log', 'linear'], initial: 'linear' });
  });

  it('is only linear when a batch or a test of any run has a loss below 0', () => {
    const onlyTests = epochsOnlyRun('tests').map((event) =>
      event.type === 'epoch' ? { ...event, data: { epoch: event.data.epoch, test: { loss: -1.5 } } } : event,
    );
    const linear = { offered: ['linear'], initial: 'linear' };
    expect(yScaleChoice(chartSpecs.loss, [runWith(-0.5, 0.4)])).toEqual(linear);
    expect(yScaleChoice(chartSpecs.loss, [runWith(0.5, 0.4), runWith(0.5, -2)])).toEqual(linear);
    expect(yScaleChoice(chartSpecs.loss, [runOf(onlyTests as MonitorEvent[])])).toEqual(linear);
  });

  it('leaves the other charts as they are', () => {
    expect(yScaleChoice(chartSpecs.rate, [runWith(0, 0)]).initial).toBe('linear');
    expect(yScaleChoice(chartSpecs.accuracy, [runWith(0, 0)]).initial).toBe('error');
  });
});
