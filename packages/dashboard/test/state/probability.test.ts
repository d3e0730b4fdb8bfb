import { expect, it } from '@jest/globals';
import { formatProbability } from '../../src/state/probability.ts';

it.each([
  [0.99999982, 'more than 99.9 %'],
  [0.93, '93 %'],
  [0.0000002, 'less than 0.1 %'],
])('formats the probability %d as %s', (probability, text) => {
  expect(formatProbability(probability).replaceAll('\u00a0', ' ')).toBe(text);
});
