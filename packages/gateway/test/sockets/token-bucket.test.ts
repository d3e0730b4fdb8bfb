import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { TokenBucket } from '../../src/sockets/token-bucket.ts';

describe('a token bucket', () => {
  test('lets a burst pass, and then as many as it earns', async () => {
    const bucket = new TokenBucket({ perSecond: 20, burst: 3 });
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    expect(bucket.isFull).toBe(false);
    await delay(60);
    expect(bucket.take()).toBe(true);
    await delay(250);
    expect(bucket.isFull).toBe(true);
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
  });
});
