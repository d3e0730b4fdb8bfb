import { expect, test } from '@jest/globals';
import { Stopwatch } from '../../src/training/stopwatch.ts';

test('tells the time since it began, and what was measured before', () => {
  let now = 1_000;
  const stopwatch = new Stopwatch(60, () => now);
  now = 3_500;
  expect(stopwatch.seconds).toBe(62.5);
});

test('stands still while it is held, however often that is asked for', () => {
  let now = 0;
  const stopwatch = new Stopwatch(0, () => now);
  now = 1_000;
  stopwatch.hold();
  now = 5_000;
  stopwatch.hold();
  expect(stopwatch.seconds).toBe(1);
  stopwatch.letGo();
  now = 6_000;
  stopwatch.letGo();
  expect(stopwatch.seconds).toBe(2);
});
