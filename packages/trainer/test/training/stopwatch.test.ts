import { expect, test } from '@jest/globals';
import { Stopwatch } from '../../src/training/stopwatch.ts';

test('adds the time since its start to the time measured earlier', () => {
  let now = 1_000;
  const stopwatch = new Stopwatch(60, () => now);
  now = 3_500;
  expect(stopwatch.seconds).toBe(62.5);
});

test('stops while it is paused, however often it is paused or resumed', () => {
  let now = 0;
  const stopwatch = new Stopwatch(0, () => now);
  now = 1_000;
  stopwatch.pause();
  now = 5_000;
  stopwatch.pause();
  expect(stopwatch.seconds).toBe(1);
  stopwatch.resume();
  now = 6_000;
  stopwatch.resume();
  expect(stopwatch.seconds).toBe(2);
});
