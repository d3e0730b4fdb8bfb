import { expect, test } from '@jest/globals';
import { fieldReader } from '../../src/series/fields.ts';

test('a metric is a number, also one that is not finite, and absent where a run of version 1 has another type', () => {
  const read = fieldReader('metrics.score');
  const scoreOf = (score: unknown) => read({ metrics: { score } });
  expect([0.5, 'NaN', '-Infinity'].map(scoreOf)).toEqual([0.5, Number.NaN, Number.NEGATIVE_INFINITY]);
  const others: unknown[] = [null, undefined, true, [1], { mean: 1 }, { toString: 1, valueOf: 1 }];
  expect(others.map(scoreOf)).toEqual(others.map(() => undefined));
});
