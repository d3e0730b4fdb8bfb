import { expect, test } from '@jest/globals';
import {
  formatCount,
  formatDuration,
  formatGibibytes,
  formatLoss,
  formatPercent,
  formatPlural,
} from '../../src/console/format.ts';

test('numbers are formatted with separators and units', () => {
  expect(formatCount(60_000)).toBe('60,000');
  expect(formatPercent(0.992_84)).toBe('99.28 %');
  expect(formatLoss(0.031_234)).toBe('0.0312');
  expect([0, 0.001, 0.000_412_34, 3.2e-9, -2e-5, 999_999.5, 1e6, 4e10].map(formatLoss)).toEqual([
    ...['0.0000', '0.0010', '0.000412', '3.20e-9', '-0.0000200', '999999.5000', '1.00e+6', '4.00e+10'],
  ]);
  expect(formatGibibytes(16 * 2 ** 30)).toBe('16.0 GiB');
});

test('a noun is singular or plural by its count', () => {
  expect(formatPlural(1, 'epoch')).toBe('1 epoch');
  expect(formatPlural(10, 'epoch')).toBe('10 epochs');
  expect(formatPlural(118, 'batch', 'batches')).toBe('118 batches');
});

test('NaN and Infinity stay visible', () => {
  expect(formatPercent(Number.NaN)).toBe('NaN');
  expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(formatLoss)).toEqual([
    ...['NaN', 'Infinity', '-Infinity'],
  ]);
});

test('durations have minutes and seconds, and hours when needed', () => {
  expect([0, 59.6, 75, 119.4, 3_599].map(formatDuration)).toEqual(['0:00', '1:00', '1:15', '1:59', '59:59']);
  expect([3_600, 3_675, 7_199, 7_200].map(formatDuration)).toEqual([
    ...['1:00:00', '1:01:15', '1:59:59', '2:00:00'],
  ]);
  expect(formatDuration(363_599)).toBe('100:59:59');
});

test('a time that has passed is a duration of zero', () => {
  expect(formatDuration(-5)).toBe('0:00');
});
