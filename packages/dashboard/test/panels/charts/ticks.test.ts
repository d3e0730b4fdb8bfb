import { describe, expect, it } from '@jest/globals';
import { clockTicks, logTicks, tickText } from '../../../src/panels/charts/ticks.ts';

describe('the ticks of the x axes', () => {
  const range = { min: 0, max: 100 };

  it.each([
    ['step', 1_200, '1,200'],
    ['epoch', 1.5, '1.5'],
    ['elapsed', 5, '0:05'],
    ['elapsed', 750, '12:30'],
    ['elapsed', 3_725, '1:02:05'],
  ] as const)('of the axis %s show %d as %s', (axis, value, text) => {
    expect(tickText(axis, value, range)).toBe(text);
  });

  it('of the axis clock show local time', () => {
    expect(tickText('clock', Date.UTC(2026, 10, 24, 10, 30, 5), range)).toMatch(/^\d\d:30:05$/);
  });

  it('of a clock that shows more than a day have the date', () => {
    const week = { min: 0, max: 7 * 86_400_000 };
    expect(tickText('clock', Date.UTC(2026, 10, 24, 10, 30, 5), week)).toMatch(/^2[345] Nov, \d\d:\d\d$/);
  });

  it('of a clock are at round times of the time zone, also of one with half hours', () => {
    const [hour, day] = [3_600_000, 86_400_000];
    const range = { min: 20 * day + 1, max: 20 * day + 3 * hour };
    expect(clockTicks(range, hour, 0)).toEqual([1, 2, 3].map((hours) => 20 * day + hours * hour));
    const india = -5.5 * hour;
    expect(clockTicks(range, hour, india)).toEqual([0.5, 1.5, 2.5].map((hours) => 20 * day + hours * hour));
    expect(clockTicks({ min: 20 * day, max: 22 * day }, day, india)).toEqual([
      20 * day + 18.5 * hour,
      21 * day + 18.5 * hour,
    ]);
  });
});

it.each([
  [{ min: 0.008, max: 0.6 }, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5]],
  [{ min: 1e-5, max: 10 }, [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10]],
])('the ticks of the logarithmic axis %j are %j', (range, ticks) => {
  expect(logTicks(range)).toEqual(ticks);
});
