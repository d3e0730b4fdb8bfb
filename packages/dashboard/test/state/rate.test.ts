import { expect, it } from '@jest/globals';
import { RateMeter } from '../../src/state/rate.ts';

it('the rate is that of the last five whole seconds', () => {
  const rate = new RateMeter();
  for (let now = 0; now < 10_000; now += 100) rate.count(now);
  expect(rate.perSecond(10_000)).toBe(10);
  expect(rate.perSecond(12_000)).toBe(6);
  expect(rate.perSecond(60_000)).toBe(0);
});

it('the rate is not too low in the first seconds', () => {
  const rate = new RateMeter();
  expect(rate.perSecond(500_000)).toBe(0);
  for (let now = 500_000; now < 502_000; now += 50) rate.count(now);
  expect(rate.perSecond(501_950)).toBe(20);
});
