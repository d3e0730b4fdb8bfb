import { describe, expect, it } from '@jest/globals';
import {
  pointText,
  scatterOf,
  scatterText,
  tickTextOf,
  usualChoice,
} from '../../../src/panels/runs/scatter-data.ts';
import type { RunSummary } from '../../../src/state/event-data.ts';
import { summaryOf } from '../../support/session.ts';

const run = (
  runId: string,
  config: Record<string, number | string>,
  bestAccuracy: number | null,
): RunSummary => summaryOf(runId, { started: { config }, bestAccuracy });
const runs = [
  run('b', { learningRate: 0.1, optimizer: 'sgd' }, 0.9),
  run('a', { learningRate: 0.001, optimizer: 'adam' }, 0.99),
  run('c', { learningRate: 0.01 }, null),
];
const choice = { x: 'config.learningRate', y: 'bestAccuracy' } as const;
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the scatter plot of runs', () => {
  it('has a point for each run with both values, in the order of x', () => {
    const { points, missing, x, y } = scatterOf(runs, choice);
    expect(points.map(({ runId, x, y }) => [runId, x, y])).toEqual([
      ['a', 0.001, 0.99],
      ['b', 0.1, 0.9],
    ]);
    expect(missing).toBe(1);
    // A factor of 100 between the rates; small errors are apart.
    expect([x.isLog, y.errorScale !== undefined]).toEqual([true, true]);
    expect(scatterOf(runs, { ...choice, logX: false, logY: false })).toMatchObject({
      x: { isLog: false },
      y: { errorScale: undefined },
    });
  });

  it('has texts as categories, and runs without the setting are left out', () => {
    const { x, points } = scatterOf(runs, { ...choice, x: 'config.optimizer' });
    expect(x.categories).toEqual(['adam', 'sgd']);
    expect(points.map(({ x }) => x)).toEqual([0, 1]);
    expect([0, 1, 2].map((value) => tickTextOf(x, value))).toEqual(['adam', 'sgd', '']);
  });

  it('has round numbers at its ticks, as short as they can be', () => {
    const { x } = scatterOf(runs, { ...choice, x: 'loss' });
    const texts = [0.1, 1, 100, 1e4, 1e9].map((value) => tickTextOf(x, value));
    expect(texts).toEqual(['0.1', '1', '100', '10,000', '1B']);
  });

  it('names its best and worst run by the start of a long name', () => {
    const long = { ...runs[0], title: 'x'.repeat(200) } as RunSummary;
    expect(scatterText(scatterOf([long], choice))).toContain(`(${'x'.repeat(39)}…, learning rate 0.1)`);
  });

  it('is described in words, with its best and its worst run', () => {
    const scatter = scatterOf(runs, choice);
    expect(plain(scatterText(scatter))).toBe(
      '2 runs. Best test accuracy: highest 99.00 % (a, learning rate 0.001), lowest 90.00 % (b, learning rate 0.1). 1 run lacks one of the values.',
    );
    const [first] = scatter.points;
    expect(plain(first ? pointText(scatter, first) : '')).toBe(
      'a: learning rate 0.001, best test accuracy 99.00 %',
    );
    expect(scatterText(scatterOf([], choice))).toBe('No run has both learning rate and best test accuracy.');
  });

  it('begins with what most runs have', () => {
    expect(usualChoice(runs)).toEqual(choice);
    const metrics = summaryOf('d', {
      started: { config: { depth: 4 } },
      epoch: { epoch: 1, step: 1, metrics: { reward: 3 } },
    });
    expect(usualChoice([metrics])).toEqual({ x: 'config.depth', y: 'metrics.reward' });
    expect(usualChoice([summaryOf('e')])).toEqual({ x: 'started', y: 'seconds' });
  });
});
