import { expect, jest, test } from '@jest/globals';
import { TokenBucket } from '../../src/sockets/token-bucket.ts';
import { afterTest } from '../support/cleanup.ts';

test('a token bucket allows a burst, and then its rate', () => {
  jest.useFakeTimers();
  afterTest(() => jest.useRealTimers());
  const bucket = new TokenBucket({ perSecond: 20, burst: 3 });
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
  expect(bucket.isFull).toBe(false);
  jest.advanceTimersByTime(60);
  expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  jest.advanceTimersByTime(250);
  expect(bucket.isFull).toBe(true);
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
});
