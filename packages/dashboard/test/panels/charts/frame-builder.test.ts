import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { extentOf } from '../../../src/panels/charts/extent.ts';
import {
  type ChartLook,
  Painter,
  type RunLine,
  stepPlace,
} from '../../../src/panels/charts/frame-builder.ts';
import { type ChartName, chartSpecs } from '../../../src/state/chart-specs.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';

const runOf = (events: readonly MonitorEvent[]): Run => {
  const run = emptyRun(events[0]?.runId ?? 'none');
  for (const event of events) applyEvent(run, event);
  return run;
};
const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });
const lineOf = (run: Run): RunLine => ({ run, color: '--train' });
const paint = (name: ChartName, runs: readonly Run[], look: Partial<ChartLook> = {}) =>
  new Painter(chartSpecs[name]).paint(runs.map(lineOf), {
    axis: 'step',
    range: { min: 0, max: 60 },
    scale: chartSpecs[name].scales[0],
    weight: 0.85,
    buckets: 500,
    target: null,
    ...look,
  });

describe('a picture of a run', () => {
  it('has every batch, smoothed, and the result of each epoch', () => {
    const { frame, rows, drawn } = paint('loss', [runOf(events)]);
    const [x, raw, smooth, test] = frame.columns;
    expect([rows, drawn, x.length]).toEqual([60, 60, 60]);
    expect(raw?.every((cell) => typeof cell === 'number')).toBe(true);
    expect(smooth?.[0]).toBe(raw?.[0]);
    expect(test?.filter((cell) => cell !== undefined)).toHaveLength(3);
    expect(frame.epochs).toEqual([20, 40, 60]);
  });

  it('smooths what was measured and not what is drawn', () => {
    const long = runOf(sampleRun({ epochs: 1, batchesPerEpoch: 4_000 }));
    const look = { range: { min: 0, max: 4_000 } };
    const all = paint('loss', [long], { ...look, buckets: 5_000 }).frame.columns;
    const few = paint('loss', [long], { ...look, buckets: 50 }).frame.columns;
    expect(few[0].length).toBeLessThan(110);
    for (const [at, x] of few[0].entries()) expect(few[2]?.[at]).toBe(all[2]?.[all[0].indexOf(x)]);
  });

  it('looks closer when it is zoomed in', () => {
    const long = runOf(sampleRun({ epochs: 1, batchesPerEpoch: 4_000 }));
    const { rows, drawn } = paint('loss', [long], { range: { min: 1_000, max: 1_050 }, buckets: 50 });
    // A neighbour at each side lets the line run on to the edge.
    expect([rows, drawn]).toEqual([51, 53]);
  });

  it('stands over epochs, training time or the clock as well', () => {
    const run = runOf(events);
    expect(paint('loss', [run], { axis: 'epoch', range: { min: 0, max: 3 } }).frame.columns[0].at(-1)).toBe(
      3,
    );
    expect(paint('loss', [run], { axis: 'elapsed', range: { min: 0, max: 18 } }).frame.epochs).toEqual([
      6, 12, 18,
    ]);
    expect(stepPlace(run, 20, 'clock')).toBe(Date.parse('2026-11-24T10:00:06.000Z'));
  });

  it('breaks where the loss is not a number, and says where', () => {
    const diverged = events.map((event) =>
      event.type === 'batch' && event.data.step > 30
        ? { ...event, data: { ...event.data, loss: Number.NaN } }
        : event,
    );
    const { frame } = paint('loss', [runOf(diverged)], { axis: 'epoch', range: { min: 0, max: 3 } });
    expect(frame.columns[1]?.slice(30, 60).every((cell) => cell === null)).toBe(true);
    expect(frame.stretches).toEqual([{ from: 1.55, to: 3, value: Number.NaN }]);
  });

  it('of several runs has one smoothed curve each', () => {
    const other = runOf(sampleRun({ runId: 'other', epochs: 2, batchesPerEpoch: 20 }));
    const { frame, rows } = paint('loss', [runOf(events), other]);
    expect(frame.columns).toHaveLength(1 + 2 * 2);
    expect(rows).toBe(100);
    const painter = new Painter(chartSpecs.loss);
    const reading = painter.read([runOf(events), other].map(lineOf), 30, { axis: 'step', weight: 0.85 });
    expect(reading?.values).toHaveLength(2);
    expect(reading?.values[0]).toEqual(reading?.values[1]);
  });

  it('shows the machine, and nothing of what it has not', () => {
    const { frame } = paint('machine', [runOf(events)]);
    expect(frame.columns[1]?.every((cell) => cell === 0.93)).toBe(true);
    expect(frame.columns[3]?.every((cell) => cell === null)).toBe(true);
    expect(frame.y).toEqual({ min: 0, max: 1.02 });
  });

  it('close up keeps the target and the end of the smoothed curve in sight', () => {
    const run = runOf(events);
    const { frame: early } = paint('accuracy', [runOf(events.slice(0, 10))], { target: 0.99 });
    expect(early.y.min).toBe(0);
    const { frame } = paint('accuracy', [run], { target: 0.5 });
    expect(frame.y.min).toBeLessThan(0.5);
    const { y } = paint('accuracy', [runOf(events.slice(0, 27))]).frame;
    const reading = new Painter(chartSpecs.accuracy).read([lineOf(run)], 20, { axis: 'step', weight: 0.85 });
    expect(y.min).toBeLessThan(reading?.values[0]?.smooth as number);
  });

  it('reads out its end, or any place with the last test result before it', () => {
    const run = runOf(events);
    const read = (x: number | null) =>
      new Painter(chartSpecs.accuracy).read([lineOf(run)], x, { axis: 'step', weight: 0.5 });
    expect(read(null)).toMatchObject({
      step: 60,
      epoch: 3,
      values: [{ test: run.epochs[2]?.test.accuracy }],
    });
    expect(read(39)).toMatchObject({ step: 39, epoch: 2, values: [{ test: run.epochs[0]?.test.accuracy }] });
    expect(read(5)?.values[0]?.test).toBeUndefined();
    expect(
      new Painter(chartSpecs.loss).read([lineOf(emptyRun('none'))], null, { axis: 'step', weight: 0 }),
    ).toBeUndefined();
  });
});

describe('the extent of an axis', () => {
  it('grows by halves of the run, and ends with it', () => {
    const part = runOf(events.slice(0, 12));
    expect(extentOf([part], 'step', false).all).toEqual({ min: 0, max: 30 });
    expect(extentOf([part], 'epoch', false).all.max).toBe(1.5);
    expect(extentOf([part], 'elapsed', false)).toEqual({ all: { min: 0, max: 10 }, edge: 3 });
    expect(extentOf([runOf(events)], 'elapsed', false).all.max).toBe(18);
  });

  it('takes in all runs, and begins with the first batch when it is logarithmic', () => {
    const longer = runOf(sampleRun({ runId: 'longer', epochs: 5, batchesPerEpoch: 20 }));
    expect(extentOf([runOf(events), longer], 'step', true)).toEqual({ all: { min: 1, max: 100 }, edge: 60 });
    expect(extentOf([], 'step', false).all.max).toBe(100);
  });
});
