import { expect, test } from '@jest/globals';
import { counted, decimal, duration, gibibytes, grouped, percent } from '../../src/console/format.ts';

test('figures are written for people', () => {
  expect(grouped(60_000)).toBe('60,000');
  expect(percent(0.992_84)).toBe('99.28 %');
  expect(decimal(0.031_234)).toBe('0.0312');
  expect(gibibytes(16 * 2 ** 30)).toBe('16.0 GiB');
});

test('nouns follow their number', () => {
  expect(counted(1, 'epoch')).toBe('1 epoch');
  expect(counted(10, 'epoch')).toBe('10 epochs');
  expect(counted(118, 'batch', 'batches')).toBe('118 batches');
});

test('what is no number stays visible', () => {
  expect(percent(Number.NaN)).toBe('NaN');
  expect(decimal(Number.POSITIVE_INFINITY)).toBe('Infinity');
});

test.each([
  [0, '0:00'],
  [59.6, '1:00'],
  [75, '1:15'],
  [3_675, '1:01:15'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
