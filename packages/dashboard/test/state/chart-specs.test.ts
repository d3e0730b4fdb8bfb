import { expect, it } from '@jest/globals';
import { chartSpecs, numberTick, percentTick } from '../../src/state/chart-specs.ts';
import { formatLearningRate } from '../../src/state/format.ts';

const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

it('ticks have no more digits than they need', () => {
  expect([0, 0.005, 2, 0.0000125].map((value) => numberTick(value))).toEqual(['0', '0.005', '2', '1.25e-5']);
  expect([200_000, 1e6, 8e15].map((value) => numberTick(value))).toEqual(['2e5', '1e6', '8e15']);
  expect([0.95, 0.995, 1].map((value) => withPlainSpaces(percentTick(value)))).toEqual([
    '95 %',
    '99.5 %',
    '100 %',
  ]);
});

it('the legend writes a learning rate as the rest of the page does', () => {
  for (const rate of [0.01, 0.0039123456, 1.23456e-8])
    expect(chartSpecs.rate.format(rate)).toBe(formatLearningRate(rate));
});
