import { describe, expect, it } from '@jest/globals';
import {
  clockTexts,
  clockTicks,
  linearTicks,
  logTicks,
  tickSteps,
  tickText,
  tickTexts,
  typicalTick,
  yAxisWidth,
} from '../../../src/panels/charts/ticks.ts';
import { chartSpecs, metricSpec, numberTick } from '../../../src/state/chart-specs.ts';

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

  it('of far steps are as far apart as their long texts need', () => {
    expect(typicalTick('step', { min: 0, max: 1_200 })).toBe('1,200');
    expect(typicalTick('step', { min: 1_234_567_000, max: 1_234_567_120 })).toBe('1.23456712B');
    expect(typicalTick('elapsed', range)).toBe('1:40');
  });

  it('of the axis clock show local time', () => {
    expect(tickText('clock', Date.UTC(2026, 10, 24, 10, 30, 5), range)).toMatch(/^\d\d:30:05$/);
  });

  it('of a clock that shows more than a day have the date', () => {
    const week = { min: 0, max: 7 * 86_400_000 };
    expect(tickText('clock', Date.UTC(2026, 10, 24, 10, 30, 5), week)).toMatch(/^2[345] Nov, \d\d:\d\d$/);
  });

  it('of a clock that shows days are dates, with years in a range of many months', () => {
    const midnight = (month: number, day: number): number => new Date(2026, month, day).getTime();
    const ticks = [midnight(10, 20), midnight(10, 22), midnight(10, 24)];
    const week = { min: midnight(10, 19), max: midnight(10, 26) };
    expect(clockTexts(ticks, week)).toEqual(['20 Nov', '22 Nov', '24 Nov']);
    expect(clockTexts(ticks, { ...week, max: midnight(17, 1) })[0]).toBe('20 Nov 2026');
  });

  it('of a clock have the date at midnight', () => {
    const evening = new Date(2026, 9, 31, 21).getTime();
    const hour = 3_600_000;
    const ticks = [evening, evening + 3 * hour, evening + 6 * hour];
    expect(clockTexts(ticks, { min: evening, max: evening + 8 * hour })).toEqual([
      '21:00',
      '1 Nov, 00:00',
      expect.stringMatching(/^0[234]:00$/),
    ]);
  });

  it('of a clock may be one, two or five days apart', () => {
    const days = tickSteps.clock.filter((step) => step >= 86_400_000).map((step) => step / 86_400_000);
    expect(days).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]);
  });

  it('of a clock are at round times of the time zone, also of one with half hours', () => {
    const [hour, day] = [3_600_000, 86_400_000];
    const range = { min: 20 * day + 1, max: 20 * day + 3 * hour };
    expect(clockTicks(range, hour, () => 0)).toEqual([1, 2, 3].map((hours) => 20 * day + hours * hour));
    const india = () => -5.5 * hour;
    expect(clockTicks(range, hour, india)).toEqual([0.5, 1.5, 2.5].map((hours) => 20 * day + hours * hour));
    expect(clockTicks({ min: 20 * day, max: 22 * day }, day, india)).toEqual([
      20 * day + 18.5 * hour,
      21 * day + 18.5 * hour,
    ]);
    // At 1:00 UTC of day 22, the clocks of Central Europe are set from 2:00 to 3:00; midnight stays midnight.
    const europe = (time: number): number => (time < 22 * day + hour ? -hour : -2 * hour);
    expect(clockTicks({ min: 21 * day, max: 24 * day }, day, europe)).toEqual([
      21 * day + 23 * hour,
      22 * day + 22 * hour,
      23 * day + 22 * hour,
    ]);
    expect(clockTicks({ min: 22 * day, max: 22 * day + 3 * hour }, hour, europe)).toEqual(
      [0, 1, 2, 3].map((hours) => 22 * day + hours * hour),
    );
  });
});

it.each([
  [{ min: 0.008, max: 0.6 }, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5]],
  [{ min: 1e-5, max: 10 }, [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10]],
  [{ min: 0.02, max: 1e16 }, [1, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12, 1e14, 1e16]],
  [{ min: 1, max: 1e48 }, [1, 1e5, 1e10, 1e15, 1e20, 1e25, 1e30, 1e35, 1e40, 1e45]],
  [{ min: 1e-30, max: 1e30 }, [1e-30, 1e-20, 1e-10, 1, 1e10, 1e20, 1e30]],
  [{ min: 1_010, max: 1_048 }, [1_010, 1_015, 1_020, 1_025, 1_030, 1_035, 1_040, 1_045]],
])('the ticks of the logarithmic axis %j are %j', (range, ticks) => {
  expect(logTicks(range, 0.1)).toEqual(ticks);
});

it.each([
  [{ min: 0, max: 2.12 }, [0, 0.5, 1, 1.5, 2]],
  [{ min: -1.1, max: 0.3 }, [-1, -0.8, -0.6, -0.4, -0.2, 0, 0.2]],
  [{ min: 0, max: 1.06e48 }, [0, 2e47, 4e47, 6e47, 8e47, 1e48]],
  [{ min: 0, max: 3e-40 }, [0, 5e-41, 1e-40, 1.5e-40, 2e-40, 2.5e-40, 3e-40]],
  [
    { min: 123_456_789_012.4, max: 123_456_789_023.6 },
    [14, 16, 18, 20, 22].map((each) => 123_456_789_000 + each),
  ],
])('the ticks of the linear axis %j are %j', (range, ticks) => {
  expect(linearTicks(range, 0.13)).toEqual(ticks);
});

it.each([1e-300, 1e-9, 1, 1e9, 1e300])('axes near %d have several ticks, and never too many', (size) => {
  for (const factor of [1.01, 1.5, 3, 8, 40, 1e4, 1e7])
    for (const minDistance of [0.05, 0.13, 0.25]) {
      const range = { min: size, max: size * factor };
      for (const ticks of [linearTicks(range, minDistance), logTicks(range, minDistance)]) {
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThanOrEqual(1 / minDistance + 1);
        expect(ticks.every((tick) => tick >= range.min * (1 - 1e-9) && tick <= range.max * (1 + 1e-9))).toBe(
          true,
        );
      }
    }
});

describe('the texts of the ticks', () => {
  const metric = metricSpec('profit', undefined);
  it.each([
    [numberTick, [0, 0.5, 1, 1.5], ['0', '0.5', '1', '1.5']],
    [numberTick, [0.1, 0.2, 0.30000000000000004], ['0.1', '0.2', '0.3']],
    [numberTick, [1e-9, 1.0005e-9, 1.001e-9], ['1e-9', '1.0005e-9', '1.001e-9']],
    [numberTick, [-12_345.7, -12_345.6], ['-12345.7', '-12345.6']],
    [numberTick, [123_456, 123_457], ['1.23456e5', '1.23457e5']],
    [numberTick, [12_345.678], ['12345.68']],
    [metric.tick, [123_456_789_013, 123_456_789_014], ['123.456789013B', '123.456789014B']],
    [metric.tick, [-123_456_829, -123_456_828], ['-123.456829M', '-123.456828M']],
    [metric.tick, [0, 100_000, 200_000], ['0', '100k', '200k']],
    [metric.tick, [0, 1e18, 2e18], ['0', '1e18', '2e18']],
    [chartSpecs.accuracy.tick, [0.9995, 0.99955, 0.9996], ['99.95 %', '99.955 %', '99.96 %']],
    [chartSpecs.speed.tick, [0.0001, 0.00015], ['0.0001', '0.00015']],
  ])('give the values of the ticks and differ (%#)', (format, values, texts) => {
    expect(tickTexts(values, format).map((text) => text.replaceAll('\u00a0', ' '))).toEqual(texts);
  });

  it('differ on a step axis of a long run that is zoomed', () => {
    const range = { min: 1_234_566, max: 1_234_569 };
    const format = (value: number, digits: number): string => tickText('step', value, range, digits);
    expect(tickTexts([1_234_567, 1_234_568], format)).toEqual(['1.234567M', '1.234568M']);
  });

  it('fit into a y axis, which is never narrower than usual', () => {
    const measure = (text: string): number => text.length * 7.3;
    expect(yAxisWidth([], measure)).toBe(52);
    expect(yAxisWidth(['0', '0.5'], measure)).toBe(52);
    expect(yAxisWidth(['0', '-12345.7'], measure)).toBe(59 + 12);
  });
});
