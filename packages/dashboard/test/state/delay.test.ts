import { expect, it } from '@jest/globals';
import { DelayMeter } from '../../src/state/delay.ts';

const meterOf = (delays: readonly number[]): DelayMeter => {
  const meter = new DelayMeter();
  for (const delay of delays) meter.add(delay);
  return meter;
};
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

it.each([
  [[], undefined],
  [[7], { median: 7, p95: 7 }],
  [[30, 10, 20], { median: 20, p95: 30 }],
  [upTo(100).reverse(), { median: 51, p95: 96 }],
  // Sorted as numbers, not as texts.
  [[9, 100], { median: 100, p95: 100 }],
])('the delays %j are summarized as %j', (delays, summary) => {
  expect(meterOf(delays).summary()).toEqual(summary);
});

it('only the latest 240 delays count, and none after they were cleared', () => {
  const meter = meterOf([...upTo(120).map(() => 1_000), ...upTo(240)]);
  expect(meter.summary()).toEqual({ median: 121, p95: 229 });
  meter.add(1_000);
  expect(meter.summary()).toEqual({ median: 122, p95: 230 });
  meter.clear();
  expect(meter.summary()).toBeUndefined();
});
