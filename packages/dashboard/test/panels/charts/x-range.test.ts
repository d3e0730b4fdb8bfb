import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { stepRange, xExtent } from '../../../src/panels/charts/x-range.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';

const runOf = (events: readonly MonitorEvent[]): Run => {
  const run = emptyRun(events[0]?.runId ?? 'none');
  for (const event of events) applyEvent(run, event);
  return run;
};
const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });

describe('the range of the step axis', () => {
  it.each([
    [0, 1_180, 37],
    [36, 1_180, 37],
    [37, 1_180, 74],
    [560, 1_180, 590],
    [600, 1_180, 1_180],
    [1_300, 1_180, 1_300],
    [5, 0, 5],
  ])('at step %d of %d ends at %d', (step, total, max) => {
    expect(stepRange(step, total)).toEqual({ min: 0, max });
  });
});

describe('the extent of an axis', () => {
  it('doubles as the run proceeds, and ends with the run once it has finished', () => {
    const unfinished = runOf(events.slice(0, 12));
    expect(xExtent([unfinished], 'step', false).all).toEqual({ min: 0, max: 30 });
    expect(xExtent([unfinished], 'epoch', false).all.max).toBe(1.5);
    expect(xExtent([unfinished], 'elapsed', false)).toEqual({ all: { min: 0, max: 10 }, edge: 3 });
    expect(xExtent([runOf(events)], 'elapsed', false).all.max).toBe(18);
  });

  it('begins with the first known step of a run without a start', () => {
    const joined = runOf(events.slice(30, 40));
    expect(joined.started).toBeNull();
    expect(xExtent([joined], 'step', false).all.min).toBe((joined.steps.x[0] as number) - 1);
    expect(xExtent([runOf(events)], 'step', false).all.min).toBe(0);
  });

  it('contains the custom metrics at steps before the first and after the last batch', () => {
    const metricsAt = (step: number, seq: number): MonitorEvent =>
      ({
        ...{ v: 1, type: 'metrics', runId: 'joined', seq, time: '2026-11-24T10:00:00.000Z' },
        data: { step, metrics: { f1: 0.9 } },
      }) as MonitorEvent;
    const batches = events.slice(30, 40).map((event, index) => ({ ...event, seq: index + 2 }));
    const run = runOf([metricsAt(5, 1), ...batches, metricsAt(300, 20)]);
    expect(xExtent([run], 'step', false)).toEqual({ all: { min: 4, max: 300 }, edge: 300 });
    expect(xExtent([run], 'step', true).all).toEqual({ min: 5, max: 300 });
    const whole = runOf([...events, { ...metricsAt(90, 1_000), runId: events[0]?.runId as string }]);
    expect(xExtent([whole], 'step', false).all).toEqual({ min: 0, max: 90 });
  });

  it('begins with the first step of a run that continues the steps of another one', () => {
    const continued = (first: number, count: number, totalSteps?: number): Run =>
      runOf(
        events.slice(0, count + 1).flatMap((event): MonitorEvent[] => {
          if (event.type === 'run.started')
            return [{ ...event, data: { config: {}, ...(totalSteps && { totals: { steps: totalSteps } }) } }];
          return event.type === 'batch'
            ? [{ ...event, data: { step: first - 1 + event.data.step, loss: 1 } }]
            : [];
        }),
      );
    expect(xExtent([continued(1_234_567_000, 15)], 'step', false).all).toEqual({
      min: 1_234_566_999,
      max: 1_234_567_013,
    });
    // The axis grows from there to the announced end of the run.
    const { min, max } = xExtent([continued(1_234_567_000, 15, 2e9)], 'step', false).all;
    expect([min, max - min < 40]).toEqual([1_234_566_999, true]);
    // A run that logs each tenth step begins at 0.
    expect(xExtent([continued(10, 15)], 'step', false).all.min).toBe(0);
  });

  it('contains all runs, and begins at the first batch when logarithmic', () => {
    const longer = runOf(sampleRun({ runId: 'longer', epochs: 5, batchesPerEpoch: 20 }));
    expect(xExtent([runOf(events), longer], 'step', true)).toEqual({ all: { min: 1, max: 100 }, edge: 60 });
    expect(xExtent([], 'step', false).all.max).toBe(100);
  });
});
