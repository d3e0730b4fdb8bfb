import { expect, it } from '@jest/globals';
import { numberTick, percentTick } from '../../src/state/chart-specs.ts';

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
