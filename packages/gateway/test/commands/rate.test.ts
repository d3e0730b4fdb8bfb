import { expect, test } from '@jest/globals';
import { Rate } from '../../src/commands/rate.ts';

test('lets a burst through, then so many a second, and saves up no more than a burst', () => {
  let now = 0;
  const rate = new Rate(3, 2, () => now);
  const takes = (times: number) => Array.from({ length: times }, () => rate.take()).filter(Boolean).length;
  expect(takes(5)).toBe(3);
  now = 400;
  expect(takes(5)).toBe(0);
  now = 500;
  expect(takes(5)).toBe(1);
  now = 60_000;
  expect(takes(5)).toBe(3);
});
