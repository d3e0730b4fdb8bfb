import { describe, expect, it } from '@jest/globals';
import { newestFirst, nextOrder, ownValueOf, sortChoices } from '../../../src/panels/runs/run-sort.ts';
import { summaryOf } from '../../support/session.ts';

const metrics = { loss2: { direction: 'minimize' }, reward: {} } as const;
const runs = [
  summaryOf('a', { started: { config: { width: 4, learningRate: 0.1 }, metrics } }),
  summaryOf('b', { started: { config: {} }, epoch: { epoch: 1, step: 1, metrics: { reward: 3 } } }),
];

describe('what the list of runs is sorted by', () => {
  it('is a column, a setting of any run by its label or own name, or a custom metric', () => {
    expect(sortChoices(runs, 'started').map(({ label }) => label)).toEqual([
      ...['Start', 'Name', 'Best test accuracy', 'Loss', 'Training time'],
      ...['Learning rate', 'width', 'reward'],
    ]);
  });

  it('is a setting by its own name, also where every object has something of that name', () => {
    const odd = [
      summaryOf('a', { started: { config: { constructor: 7 } } }),
      summaryOf('b', { started: { config: {} } }),
    ];
    expect(sortChoices(odd, 'started').at(-1)).toEqual({ sort: 'config.constructor', label: 'constructor' });
    expect(odd.map((run) => ownValueOf(run, 'config.constructor'))).toEqual([7, undefined]);
  });

  it('is a setting of any name', () => {
    const config = JSON.parse('{ "constructor": 1, "__proto__": 2 }');
    const choices = sortChoices([summaryOf('a', { started: { config } })], 'started').slice(5);
    expect(choices.map(({ label }) => label)).toEqual(['__proto__', 'constructor']);
  });

  it('stays a choice when no run in the list has a value for it', () => {
    expect(sortChoices([], 'config.depth').at(-1)).toEqual({ sort: 'config.depth', label: 'depth' });
  });

  it('has the best results first, then the other direction', () => {
    const first = nextOrder(newestFirst, 'bestAccuracy', runs);
    expect(first).toEqual({ sort: 'bestAccuracy', direction: 'descending' });
    expect(nextOrder(first, 'bestAccuracy', runs).direction).toBe('ascending');
    expect(nextOrder(first, 'loss', runs).direction).toBe('ascending');
    expect(nextOrder(first, 'metrics.reward', runs).direction).toBe('descending');
    expect(nextOrder(first, 'metrics.loss2', runs).direction).toBe('ascending');
  });
});
