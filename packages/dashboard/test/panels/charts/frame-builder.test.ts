import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { type ChartOptions, FrameBuilder } from '../../../src/panels/charts/frame-builder.ts';
import type { ChartRun } from '../../../src/state/chart-runs.ts';
import { type ChartName, chartSpecs, metricSpec } from '../../../src/state/chart-specs.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';

const runOf = (events: readonly MonitorEvent[]): Run => {
  const run = emptyRun(events[0]?.runId ?? 'none');
  for (const event of events) applyEvent(run, event);
  return run;
};
const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });
const chartRun = (run: Run): ChartRun => ({ run, name: run.runId, color: '--train' });
const build = (name: ChartName, runs: readonly Run[], options: Partial<ChartOptions> = {}) =>
  new FrameBuilder(chartSpecs[name]).build(runs.map(chartRun), {
    axis: 'step',
    range: { min: 0, max: 60 },
    scale: chartSpecs[name].scales[0],
    smoothing: 0.85,
    buckets: 500,
    target: null,
    ...options,
  });

describe('a chart frame', () => {
  it('has every batch, its average, and the test result of each epoch', () => {
    const { plot, rowCount, pointCount } = build('loss', [runOf(events)]);
    const [x, raw, smooth, test] = plot.columns;
    expect([rowCount, pointCount, x.length]).toEqual([60, 60, 60]);
    expect(raw?.every((cell) => typeof cell === 'number')).toBe(true);
    expect(smooth?.[0]).toBe(raw?.[0]);
    expect(test?.filter((cell) => cell !== undefined)).toHaveLength(3);
    expect(plot.epochEnds).toEqual([20, 40, 60]);
  });

  it('dashes both curves of a compared run, training and test, so that they differ without colour', () => {
    const run = runOf(events);
    const runs: ChartRun[] = [
      { run, name: 'first', color: '--run-1' },
      { run: runOf(events), name: 'second', color: '--run-2', dash: [8, 4] },
    ];
    const styles = new FrameBuilder(chartSpecs.accuracy).styles(runs);
    expect(styles.map(({ color, dash }) => [color, dash])).toEqual([
      ['--run-1', undefined],
      ['--run-1', undefined],
      ['--run-2', [8, 4]],
      ['--run-2', [8, 4]],
    ]);
  });

  it('averages all batches, not only those that are drawn', () => {
    const long = runOf(sampleRun({ epochs: 1, batchesPerEpoch: 4_000 }));
    const range = { min: 0, max: 4_000 };
    const all = build('loss', [long], { range, buckets: 5_000 }).plot.columns;
    const few = build('loss', [long], { range, buckets: 50 }).plot.columns;
    expect(few[0].length).toBeLessThan(110);
    for (const [row, x] of few[0].entries()) expect(few[2]?.[row]).toBe(all[2]?.[all[0].indexOf(x)]);
  });

  it('has every batch of a zoomed range, and one more at each side', () => {
    const long = runOf(sampleRun({ epochs: 1, batchesPerEpoch: 4_000 }));
    const range = { min: 1_000, max: 1_050 };
    const { rowCount, pointCount } = build('loss', [long], { range, buckets: 50 });
    expect([rowCount, pointCount]).toEqual([51, 53]);
  });

  it('can have an x axis of epochs or of training time', () => {
    const run = runOf(events);
    const overEpochs = build('loss', [run], { axis: 'epoch', range: { min: 0, max: 3 } });
    expect(overEpochs.plot.columns[0].at(-1)).toBe(3);
    const overTime = build('loss', [run], { axis: 'elapsed', range: { min: 0, max: 18 } });
    expect(overTime.plot.epochEnds).toEqual([6, 12, 18]);
  });

  it('breaks the curve where the loss is NaN, and reports the range', () => {
    const diverged = events.map((event) =>
      event.type === 'batch' && event.data.step > 30
        ? { ...event, data: { ...event.data, loss: Number.NaN } }
        : event,
    );
    const { plot } = build('loss', [runOf(diverged)], { axis: 'epoch', range: { min: 0, max: 3 } });
    expect(plot.columns[1]?.slice(30, 60).every((cell) => cell === null)).toBe(true);
    expect(plot.nonFinite).toEqual([{ from: 1.55, to: 3, value: Number.NaN }]);
  });

  it('marks the step at which a custom metric is NaN, in a run with batches and in one without', () => {
    const metrics = [80, 90].map((step, index) => ({
      ...{
        v: 1,
        type: 'metrics',
        runId: events[0]?.runId,
        seq: 1_000 + index,
        time: '2026-11-24T11:00:00.000Z',
      },
      data: { step, metrics: { f1: step === 90 ? Number.NaN : 0.9 } },
    })) as MonitorEvent[];
    for (const run of [runOf(metrics), runOf([...events, ...metrics])]) {
      const { plot, rowCount } = new FrameBuilder(metricSpec('f1', undefined)).build([chartRun(run)], {
        ...{
          axis: 'step',
          range: { min: 0, max: 90 },
          scale: 'fit',
          smoothing: 0,
          buckets: 500,
          target: null,
        },
      });
      expect(rowCount).toBe(2);
      expect(plot.nonFinite).toEqual([{ from: 90, to: 90, value: Number.NaN }]);
    }
  });

  it('shows a jump of many decades on a logarithmic axis, and says that it leaves out a loss far below the others', () => {
    const withLoss = (loss: number, has: (step: number) => boolean) =>
      events.map((event) =>
        event.type === 'batch' && has(event.data.step) ? { ...event, data: { ...event.data, loss } } : event,
      );
    const jumped = build('loss', [runOf(withLoss(1e12, (step) => step > 5))]);
    expect(jumped.isCut).toBe(false);
    expect(jumped.plot.y.max).toBe(1.25e12);
    expect(build('loss', [runOf(withLoss(1e-12, (step) => step === 30))]).isCut).toBe(true);
    expect(build('loss', [runOf(events)]).isCut).toBe(false);
  });

  it('breaks the curve at values of 0 on a logarithmic axis only, and says so', () => {
    const zero = events.map((event) =>
      event.type === 'batch' && event.data.step === 30
        ? { ...event, data: { ...event.data, loss: 0 } }
        : event,
    );
    const logarithmic = build('loss', [runOf(zero)]);
    expect(logarithmic.hidesValues).toBe(true);
    expect(logarithmic.plot.columns[1]?.[29]).toBeNull();
    const linear = build('loss', [runOf(zero)], { scale: 'linear' });
    expect(linear.hidesValues).toBe(false);
    expect(linear.plot.columns[1]?.[29]).toBe(0);
    expect(logarithmic.hidesAll).toBe(false);
    const zeros = events.flatMap((event): MonitorEvent[] =>
      event.type === 'batch' ? [{ ...event, data: { step: event.data.step, loss: 0 } }] : [],
    );
    expect(build('loss', [runOf(zeros)]).hidesAll).toBe(true);
  });

  it('has one smoothed curve for each run when runs are compared', () => {
    const other = runOf(sampleRun({ runId: 'other', epochs: 2, batchesPerEpoch: 20 }));
    const { plot, rowCount } = build('loss', [runOf(events), other]);
    expect(plot.columns).toHaveLength(1 + 2 * 2);
    expect(rowCount).toBe(100);
  });

  it('leaves out the curves of hidden runs, and lets one run stand out', () => {
    const runs = ['one', 'two', 'three'].map((runId, index): ChartRun => {
      const run = runOf(sampleRun({ runId, epochs: 2, batchesPerEpoch: 20 }));
      return { ...{ run, name: runId, color: `--run-${index + 1}` }, ...(index === 1 && { hidden: true }) };
    });
    const builder = new FrameBuilder(chartSpecs.loss);
    const { plot } = builder.build(runs, {
      ...({ axis: 'step', scale: 'log', smoothing: 0.85, buckets: 500, target: null } as const),
      ...{ range: { min: 0, max: 40 }, emphasis: 'three' },
    });
    expect(plot.columns).toHaveLength(1 + 2 * 2);
    expect(builder.styles(runs).map(({ color }) => color)).toEqual([
      ...['--run-1', '--run-1', '--run-3', '--run-3'],
    ]);
    expect(plot.faded).toEqual([true, true, false, false]);
    // The values of all runs remain in the legend of the comparison.
    const found = builder.readout(runs, null, { axis: 'step', smoothing: 0.85 });
    expect(found?.values.every(({ smooth }) => typeof smooth === 'number')).toBe(true);
  });

  it('has no values for devices that the machine lacks', () => {
    const { plot } = build('machine', [runOf(events)]);
    expect(plot.columns[1]?.every((cell) => cell === 0.93)).toBe(true);
    expect(plot.columns[3]?.every((cell) => cell === null)).toBe(true);
    expect(plot.y).toEqual({ min: 0, max: 1.02 });
  });

  it('has an error scale that contains every drawn accuracy and the target', () => {
    const values = [0, 0.1, 0.4, 1, ...Array<number>(56).fill(0.97)];
    const guessing = events.flatMap((event): MonitorEvent[] =>
      event.type === 'batch'
        ? [{ ...event, data: { ...event.data, accuracy: values[event.data.step - 1] as number } }]
        : [],
    );
    const { y } = build('accuracy', [runOf(guessing)]).plot;
    expect(y.min).toBeLessThan(0);
    expect(y.max).toBeGreaterThan(1);
    const later = { range: { min: 20, max: 60 } };
    expect(build('accuracy', [runOf(guessing)], later).plot.y.min).toBe(0.95);
    expect(build('accuracy', [runOf(guessing)], { ...later, target: 0.93 }).plot.y.min).toBe(0.9);
  });

  it('joins the test results of both charts by lines, over epochs that were not tested too', () => {
    for (const name of ['loss', 'accuracy'] as const)
      expect(new FrameBuilder(chartSpecs[name]).styles([chartRun(runOf(events))]).at(-1)?.kind).toBe('test');
  });

  it('has a close-up y axis that contains all accuracies of a run without test results', () => {
    const untested = events.flatMap((event): MonitorEvent[] =>
      event.type === 'batch' ? [{ ...event, data: { ...event.data, accuracy: 0.96 } }] : [],
    );
    expect(build('accuracy', [runOf(untested)], { scale: 'close' }).plot.y.min).toBe(0.95);
  });

  it('has a close-up y axis that contains the target and the end of the smoothed curve', () => {
    const run = runOf(events);
    const { plot: early } = build('accuracy', [runOf(events.slice(0, 10))], {
      ...{ scale: 'close', target: 0.99 },
    });
    expect(early.y.min).toBe(0);
    const { plot } = build('accuracy', [run], { scale: 'close', target: 0.5 });
    expect(plot.y.min).toBeLessThan(0.5);
    const { y } = build('accuracy', [runOf(events.slice(0, 27))], { scale: 'close' }).plot;
    const readout = new FrameBuilder(chartSpecs.accuracy).readout([chartRun(run)], 20, {
      axis: 'step',
      smoothing: 0.85,
    });
    expect(y.min).toBeLessThan(readout?.values[0]?.smooth as number);
  });
});

describe('a chart readout', () => {
  const readout = (name: ChartName, runs: readonly Run[], x: number | null) =>
    new FrameBuilder(chartSpecs[name]).readout(runs.map(chartRun), x, { axis: 'step', smoothing: 0.5 });

  it('has an infinite value as it is, as it has no mean', () => {
    const run = runOf(
      events.map((event) =>
        event.type === 'batch' && event.data.step === 30
          ? { ...event, data: { ...event.data, loss: Number.POSITIVE_INFINITY } }
          : event,
      ),
    );
    const infinite = { raw: Number.POSITIVE_INFINITY, smooth: Number.POSITIVE_INFINITY };
    expect(readout('loss', [run], 30)?.values[0]).toMatchObject(infinite);
    expect(readout('loss', [run], 31)?.values[0]?.smooth).toBeLessThan(3);
  });

  it('has the latest values, or those at an x with the last test result before it', () => {
    const run = runOf(events);
    expect(readout('accuracy', [run], null)).toMatchObject({
      ...{ step: 60, epoch: 3 },
      values: [{ test: run.epochs[2]?.test?.accuracy }],
    });
    expect(readout('accuracy', [run], 39)).toMatchObject({
      ...{ step: 39, epoch: 2 },
      values: [{ test: run.epochs[0]?.test?.accuracy }],
    });
    expect(readout('accuracy', [run], 5)?.values[0]?.test).toBeUndefined();
  });

  it('has the last known test result where a later epoch was not tested', () => {
    const untested = events.map((event) =>
      event.type === 'epoch' && event.data.epoch > 1
        ? { ...event, data: { ...event.data, test: null } }
        : event,
    );
    const run = runOf(untested as MonitorEvent[]);
    expect(readout('loss', [run], null)?.values[0]?.test).toBe(run.epochs[0]?.test?.loss);
  });

  it('has one entry for each run', () => {
    const other = runOf(sampleRun({ runId: 'other', epochs: 2, batchesPerEpoch: 20 }));
    const values = readout('loss', [runOf(events), other], 30)?.values;
    expect(values).toHaveLength(2);
    expect(values?.[0]).toEqual(values?.[1]);
  });

  it('has the values of a compared run where the main run lacks the metric', () => {
    const metrics = {
      ...{ v: 1, type: 'metrics', runId: 'other', seq: 1, time: '2026-11-24T11:00:00.000Z' },
      data: { step: 7, metrics: { f1: 0.9 } },
    } as MonitorEvent;
    const builder = new FrameBuilder(metricSpec('f1', undefined));
    const runs = [runOf(events), runOf([metrics])].map(chartRun);
    const found = builder.readout(runs, null, { axis: 'step', smoothing: 0 });
    expect(found).toMatchObject({ step: 7, values: [{ raw: Number.NaN }, { raw: 0.9 }] });
  });

  it('is undefined before the first batch', () => {
    expect(readout('loss', [emptyRun('none')], null)).toBeUndefined();
  });
});
