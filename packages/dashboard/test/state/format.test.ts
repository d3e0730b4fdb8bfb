import { expect, it } from '@jest/globals';
import * as format from '../../src/state/format.ts';

const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

it.each([
  [2.3012, '2.301'],
  [0.08134, '0.0813'],
  [0, '0.0000'],
  [0.00042, '4.2e-4'],
  [1_234.5, '1234.5'],
  [1e9, '1.00e+9'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '∞'],
  [Number.NEGATIVE_INFINITY, '−∞'],
  [undefined, '–'],
])('a loss of %p is written %s', (value, text) => {
  expect(format.formatLoss(value)).toBe(text);
});

it.each([
  [0, '0.0 s'],
  [9.96, '10.0 s'],
  [59.9, '59 s'],
  [60, '1 m 00 s'],
  [185, '3 m 05 s'],
  [3_599, '59 m 59 s'],
  [3_720, '1 h 02 m'],
  [273_600, '3 d 4 h'],
  [null, '–'],
])('%p seconds are written %s', (seconds, text) => {
  expect(withPlainSpaces(format.formatDuration(seconds))).toBe(text);
});

it.each([
  [0, '0 %'],
  [0.999, '99 %'],
  [1, '100 %'],
])('progress %p is written %s: 100 % only when everything is done', (fraction, text) => {
  expect(withPlainSpaces(format.formatProgress(fraction))).toBe(text);
});

it.each([
  [0, '0 B'],
  [913e6, '913 MB'],
  [6.1e9, '6.1 GB'],
  [5e15, '5000 TB'],
])('%p bytes are written %s', (bytes, text) => {
  expect(withPlainSpaces(format.formatBytes(bytes))).toBe(text);
});

it('counts, rates and fractions are written with digit groups, decimals and units', () => {
  expect(format.formatCount(46_900)).toBe('46,900');
  expect(format.formatRate(1_706.6)).toBe('1,707');
  expect(format.formatRate(0.4)).toBe('0.4');
  expect(withPlainSpaces(format.formatPercent(0.99337))).toBe('99.34 %');
  expect(format.formatPercent(Number.NaN)).toBe('NaN');
  expect(format.formatPlural(1, 'batch', 'batches')).toBe('1 batch');
});

it.each([
  [
    ['a', 'bc'],
    ['a', 'bc'],
  ],
  [
    ['Shirt', 'Bag'],
    ['0', '1'],
  ],
])('the short names of %j are %j', (classes, names) => {
  expect(format.shortClassNames(classes)).toEqual(names);
});
