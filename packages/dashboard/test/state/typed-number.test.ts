import { expect, it } from '@jest/globals';
import { typedNumber } from '../../src/state/typed-number.ts';

it.each([
  ['0.01', 0.01],
  ['0,01', 0.01],
  ['0,001', 0.001],
  ['99,5', 99.5],
  ['99,5000', 99.5],
  ['1e-3', 0.001],
  ['1,5E-3', 0.0015],
  [' 2 ', 2],
  ['-1', -1],
])('the typed text %j is the number %d', (text, number) => {
  expect(typedNumber(text)).toBe(number);
});

it.each(['', ' ', 'abc', '1,000', '0.001; 0.01', '1,2,3', '0,'])('the typed text %j is no number', (text) => {
  expect(typedNumber(text)).toBeNaN();
});
