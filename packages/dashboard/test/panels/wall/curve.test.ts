import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { Curves } from '../../../src/panels/wall/curve.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';
import { epochsOnlyRun, metricsRun, onePointRun, regressionRun } from '../../support/kinds-of-runs.ts';

function runAfter(events: readonly MonitorEvent[]): Run {
  const run = emptyRun('a');
  for (const event of events) applyEvent(run, event);
  return run;
}
/** Returns the numbers of a path. */
const numbersOf = (path: string): number[] =>
  (path.replaceAll('h0', '').match(/-?[\d.]+/g) ?? []).map(Number);

describe('the curves of a wall', () => {
  it('of a classifier are its losses and accuracies, with those of the test images and a smooth line', () => {
    const curves = new Curves(runAfter(sampleRun({ runId: 'a', epochs: 10, batchesPerEpoch: 118 })));
    expect(curves.names).toEqual(['loss', 'accuracy']);
    const { raw, average, test, ticks } = curves.curve('loss');
    expect(numbersOf(test)).toHaveLength(20);
    // A pair of points for each of 240 buckets at most, and a smooth line through them.
    expect(numbersOf(raw).length).toBeLessThanOrEqual(4 * 240 + 4);
    expect(numbersOf(average).length).toBe(numbersOf(raw).length);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(5);
    for (const { share } of ticks) expect(share).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['a regression with negative losses', regressionRun('a')],
    ['epochs alone', epochsOnlyRun('a')],
    ['metrics alone', metricsRun('a')],
    ['a single point', onePointRun('a')],
  ])('of %s have finite positions', (_, events) => {
    const curves = new Curves(runAfter(events));
    expect(curves.names.length).toBeGreaterThan(0);
    for (const name of curves.names) {
      const { raw, average, test, ticks } = curves.curve(name);
      for (const path of [raw, average, test]) expect(path).not.toMatch(/NaN|Infinity/);
      for (const { share } of ticks) expect(Number.isFinite(share)).toBe(true);
    }
  });

  it('of an accuracy has the error scale of the chart: 90, 99 and 99.9 % are about equally far apart', () => {
    const events = sampleRun({ runId: 'a', epochs: 10, batchesPerEpoch: 118 }).map((event) =>
      event.type === 'batch'
        ? { ...event, data: { ...event.data, accuracy: 1 - 0.9 / event.data.step } }
        : event,
    );
    const { ticks, average } = new Curves(runAfter(events as MonitorEvent[])).curve('accuracy');
    const shares = new Map(ticks.map(({ text, share }) => [text.replace('\u00a0', ' '), share]));
    expect([...shares.keys()]).toEqual(['0 %', '90 %', '99 %', '99.9 %', '100 %']);
    const [ninety, two, three] = ['90 %', '99 %', '99.9 %'].map((text) => shares.get(text) as number);
    expect((ninety as number) - (two as number)).toBeGreaterThan(0.15);
    expect(((two as number) - (three as number)) / ((ninety as number) - (two as number))).toBeCloseTo(1, 1);
    // Nothing is left out: the curve begins at guessing.
    const heights = numbersOf(average).filter((_, index) => index % 2 === 1);
    expect(Math.max(...heights)).toBeLessThan(1_000);
    expect(Math.min(...heights)).toBeGreaterThan(0);
  });

  it('are left out where no value is finite', () => {
    const events = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 30 }).filter(
      ({ type }) => type !== 'epoch',
    );
    const broken = events.map((event) =>
      event.type === 'batch' ? { ...event, data: { ...event.data, loss: Number.NaN } } : event,
    );
    expect(new Curves(runAfter(broken as MonitorEvent[])).names).toEqual(['accuracy']);
  });

  it('are interrupted where a value is not finite', () => {
    const run = runAfter(sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 30 }));
    run.steps.columns.loss[10] = Number.NaN;
    expect(new Curves(run).curve('loss').raw.match(/M/g)).toHaveLength(2);
  });
});
