import { expect, it } from '@jest/globals';
import * as format from '../../src/state/format.ts';

const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

it.each([
  [2.3012, '2.301'],
  [0.08134, '0.0813'],
  [0.0012345, '0.00123'],
  [0, '0'],
  [0.00042, '4.20e-4'],
  [-0.00042, '-4.20e-4'],
  [123.45, '123.5'],
  [1_234.5, '1,235'],
  [1e9, '1.00e9'],
  // The shortest and the longest of each number of decimals.
  [0.000_999, '9.99e-4'],
  [0.001, '0.00100'],
  [0.009_99, '0.00999'],
  [0.01, '0.0100'],
  [0.9999, '0.9999'],
  [1, '1.000'],
  [99.999, '99.999'],
  [100, '100.0'],
  [999.9, '999.9'],
  [1_000, '1,000'],
  [99_999, '99,999'],
  [1e5, '1.00e5'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '∞'],
  [Number.NEGATIVE_INFINITY, '−∞'],
  [undefined, '–'],
])('a loss of %p is written %s', (value, text) => {
  expect(format.formatLoss(value)).toBe(text);
});

it.each([
  [0, '0.0 s'],
  [0.000214, '0.21 ms'],
  [0.042, '42 ms'],
  [0.0999, '100 ms'],
  [0.1, '0.1 s'],
  [0.26, '0.3 s'],
  [9.96, '10.0 s'],
  [10, '10 s'],
  [59.9, '59 s'],
  [60, '1 m 00 s'],
  [185, '3 m 05 s'],
  [3_599, '59 m 59 s'],
  [3_600, '1 h 00 m'],
  [3_720, '1 h 02 m'],
  [86_399, '23 h 59 m'],
  [86_400, '1 d 0 h'],
  [172_799, '1 d 23 h'],
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
  [null, '–'],
  [0, '0 B'],
  [0.4, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [99_949, '99.9 kB'],
  [100_000, '100 kB'],
  [1e6, '1.0 MB'],
  [2e12, '2.0 TB'],
  [913e6, '913 MB'],
  [6.1e9, '6.1 GB'],
  [5e15, '5000 TB'],
])('%p bytes are written %s', (bytes, text) => {
  expect(withPlainSpaces(format.formatBytes(bytes))).toBe(text);
});

it.each([
  [0.99337, 2, '99.34 %'],
  [0, 4, '0 %'],
  [1, 2, '100.00 %'],
  [0.9999833, 2, '99.9983 %'],
  [0.99997, 0, '99.997 %'],
  [0.000001234, 2, '0.00012 %'],
  [1e-11, 4, '1e-9 %'],
  [-0.00001, 2, '-0.001 %'],
  [1e-300, 2, '1e-298 %'],
  [0.00012, 4, '0.0120 %'],
  [Number.NaN, 2, 'NaN'],
])(
  'a share of %p in %p decimals is written %s: it looks like 0 or 100 %% only if it is',
  (value, digits, text) => {
    expect(withPlainSpaces(format.formatPercent(value, digits))).toBe(text);
  },
);

it.each([
  [0.4, '0.4'],
  [0.00123, '0.0012'],
  [20, '20'],
  [null, '–'],
  [Number.POSITIVE_INFINITY, '∞'],
  [0.994, '0.99'],
  [1.04, '1.0'],
  [99.96, '100.0'],
  [100, '100'],
  [100.4, '100'],
  [9_999_999, '9,999,999'],
  [1e7, '10M'],
  [1_706.6, '1,707'],
  [4.1e9, '4.1B'],
])('a rate of %p is written %s', (value, text) => {
  expect(format.formatRate(value)).toBe(text);
});

it('counts are written with digit groups and their nouns', () => {
  expect(format.formatCount(46_900)).toBe('46,900');
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

it.each([
  [-0.18, format.formatPercent, '−18.00 pp'],
  [0.0123, format.formatLoss, '+0.0123'],
  [0, format.formatPercent, '±0 pp'],
])('a difference of %p has its sign, and is in percentage points for percentages (%#)', (value, of, text) => {
  expect(format.formatDifference(value, of).replaceAll('\u00a0', ' ')).toBe(text);
});

it('times have one form, and leave out the parts that are clear', () => {
  const time = new Date(2026, 10, 4, 9, 3, 12).getTime();
  expect(format.formatDateTime(time)).toBe('4 Nov 2026, 09:03');
  expect(format.formatTime(time, 'days')).toBe('4 Nov, 09:03');
  expect(format.formatTime(time, 'minutes')).toBe('09:03');
  expect(format.formatTime(time)).toBe('09:03:12');
});

it.each([
  [0.01, '0.01'],
  [0.0039123, '0.003912'],
  [1e-8, '1e-8'],
  [0, '0'],
])('a learning rate of %p is written %s', (value, text) => {
  expect(format.formatLearningRate(value)).toBe(text);
});

it.each([
  [null, '–'],
  [7, '7'],
  [1_234_567, '1,234,567'],
  [1_234.5, '1,235'],
  [999.5, '999.5'],
  [-0.0813, '-0.0813'],
  [1e12, '1.00e12'],
  [1.5e12, '1.50e12'],
  [Number.NaN, 'NaN'],
])('a number of %p is written %s', (value, text) => {
  expect(format.formatNumber(value)).toBe(text);
});

it.each([
  [46_900, undefined, '46,900'],
  [99_999, undefined, '99,999'],
  [-99_999, undefined, '-99,999'],
  [1e5, undefined, '100k'],
  [-1e5, undefined, '-100k'],
  [400_000, undefined, '400k'],
  [1_235_678, undefined, '1.24M'],
  [9.99e14, undefined, '999T'],
  [1e15, undefined, '1e15'],
  [1_234_567, undefined, '1.23M'],
  [1_234_567, 2, '1.2M'],
  [46_912, 2, '47,000'],
  [2e18, undefined, '2e18'],
  [-1.2345e15, undefined, '-1.23e15'],
  [1.26e15, 2, '1.3e15'],
])('a count of %p at a tick, in %p digits, is written %s', (value, digits, text) => {
  expect(format.formatTickCount(value, digits)).toBe(text);
});

it.each([
  [undefined, '–'],
  [Number.POSITIVE_INFINITY, '–'],
  [Number.NaN, '–'],
  [0.9, '0 s'],
  [59.9, '59 s'],
  [185.7, '3 m 05 s'],
])('%p seconds in a text that changes once a second are written %s', (seconds, text) => {
  expect(withPlainSpaces(format.formatWholeDuration(seconds))).toBe(text);
});

it.each([
  [0.25, '0.25 s'],
  [5, '0:05'],
  [60.5, '1:00'],
  [3_599, '59:59'],
  [3_600, '1:00:00'],
  [750.9, '12:30'],
  [3_750, '1:02:30'],
  [36_000, '10:00:00'],
])('%p seconds on a clock are written %s', (seconds, text) => {
  expect(withPlainSpaces(format.formatClock(seconds))).toBe(text);
});

it('times are written in the precision of their axis', () => {
  const time = new Date(2026, 10, 24, 9, 3, 12).getTime();
  expect(format.formatTime(time)).toBe('09:03:12');
  expect(format.formatTime(time, 'minutes')).toBe('09:03');
  expect(format.formatTime(time, 'days')).toBe('24 Nov, 09:03');
  expect(format.formatDateTime(time)).toBe('24 Nov 2026, 09:03');
});

it('long texts are shortened at their end, and not within an emoji', () => {
  const shortened = ['four', 'fiver', 'two words', 'one😀s'].map((text) => format.shorten(text, 4));
  expect(shortened).toEqual(['four', 'fiv…', 'two…', 'one…']);
  expect(format.shorten('on😀s', 4)).toBe('on…');
});

it('phrases begin with a capital letter, and counts and classes have their nouns', () => {
  expect([format.capitalize('all epochs done'), format.capitalize('')]).toEqual(['All epochs done', '']);
  expect([0, 1, 1_180].map((count) => format.formatPlural(count, 'batch', 'batches'))).toEqual([
    '0 batches',
    '1 batch',
    '1,180 batches',
  ]);
  expect([0, 2].map((label) => format.className(['zero'], label))).toEqual(['zero', 'class 2']);
  for (const write of [format.formatCount, format.formatPercent, format.formatRate, format.formatBytes])
    expect([write(null), write(undefined)]).toEqual(['–', '–']);
  expect([format.formatRate(1e7), format.formatRate(Number.NaN)]).toEqual(['10M', 'NaN']);
});
