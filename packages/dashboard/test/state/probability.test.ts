import { expect, it } from '@jest/globals';
import { formatProbability, probabilityFigure } from '../../src/state/probability.ts';

it.each([
  [0.99999982, 'more than 99.9 %', '> 99.9 %'],
  [0.93, '93 %', '93 %'],
  [0.0996, '10 %', '10 %'],
  [0.0342, '3 %', '3.4 %'],
  [0.0000002, 'less than 0.1 %', '< 0.1 %'],
])('formats the probability %d as %s and beside a bar as %s', (probability, text, figure) => {
  expect(formatProbability(probability).replaceAll('\u00a0', ' ')).toBe(text);
  expect(probabilityFigure(probability).replaceAll('\u00a0', ' ')).toBe(figure);
});
