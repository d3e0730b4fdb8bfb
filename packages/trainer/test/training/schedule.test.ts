import { describe, expect, test } from '@jest/globals';
import { learningRateAt } from '../../src/training/schedule.ts';

const cycle = (steps: number) =>
  Array.from({ length: steps }, (_, at) => learningRateAt('one-cycle', 0.06, at + 1, steps));

describe('learningRateAt', () => {
  test('is the same for all steps with the schedule `constant`', () => {
    expect([1, 50, 100].map((step) => learningRateAt('constant', 0.01, step, 100))).toEqual([
      0.01, 0.01, 0.01,
    ]);
  });

  test('rises from a sixth of the peak for a fifth of the steps, then falls to a six-hundredth', () => {
    const rates = cycle(101);
    expect(rates[0]).toBeCloseTo(0.01, 8);
    expect(rates[20]).toBeCloseTo(0.06, 8);
    expect(rates[100]).toBeCloseTo(0.0001, 8);
    const peak = rates.indexOf(Math.max(...rates));
    expect(peak).toBe(20);
    rates.slice(1).forEach((rate, at) => {
      if (at < peak) expect(rate).toBeGreaterThan(rates[at] as number);
      else expect(rate).toBeLessThan(rates[at] as number);
    });
  });

  test('is finite for a run of one step', () => {
    expect(cycle(1)[0]).toBeCloseTo(0.01, 8);
  });
});
