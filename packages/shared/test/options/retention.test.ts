import { expect, test } from '@jest/globals';
import { parseRetention, parseSize } from '../../src/options/retention.ts';

const day = 24 * 3_600_000;

test.each([
  ['30d', { ageMs: 30 * day }],
  ['12h', { ageMs: day / 2 }],
  ['2w', { ageMs: 14 * day }],
  ['100runs', { runs: 100 }],
  ['1run', { runs: 1 }],
  ['5GB', { bytes: 5e9 }],
  ['1.5gb', { bytes: 1.5e9 }],
  ['30d,100runs,5GB', { ageMs: 30 * day, runs: 100, bytes: 5e9 }],
  ['500MB, 7d', { bytes: 5e8, ageMs: 7 * day }],
])('parses %p', (text, policy) => {
  expect(parseRetention(text)).toEqual(policy);
});

test.each([
  '',
  '30',
  'd',
  '30d,',
  '30d,7d',
  '0runs',
  '0.5runs',
  '-1d',
  '5 GB',
  '5G',
  'all',
  '1e9MB',
  '30d;5GB',
])('rejects %p', (text) => {
  expect(parseRetention(text)).toBeUndefined();
});

test('a size has a unit, in powers of 1,000', () => {
  const sizes = ['500MB', ' 10gb', '1.5kB', '2TB'];
  expect(sizes.map(parseSize)).toEqual([5e8, 1e10, 1_500, 2e12]);
  for (const text of ['', '0GB', '500', '5G', '-1GB', '30d', '10runs', '1GB,2GB', 'all'])
    expect([text, parseSize(text)]).toEqual([text, undefined]);
});
