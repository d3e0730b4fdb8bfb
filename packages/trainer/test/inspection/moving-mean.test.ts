import { expect, test } from '@jest/globals';
import { MovingMean } from '../../src/inspection/moving-mean.ts';

test('MovingMean is the mean of a few values, and follows the latest of many', () => {
  const mean = new MovingMean(4);
  expect(mean.value).toBeUndefined();
  for (const value of [1, 2, 3, 6]) mean.add(value);
  expect(mean.value).toBeCloseTo(3);
  mean.add(7);
  expect(mean.value).toBeCloseTo(4);
  for (let times = 0; times < 30; times++) mean.add(10);
  expect(mean.value).toBeCloseTo(10, 2);
});
