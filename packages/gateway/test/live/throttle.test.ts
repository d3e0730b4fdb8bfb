import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Throttle } from '../../src/live/throttle.ts';

describe('a throttle', () => {
  test('calls back at once, and once for all wishes that come too soon after it', async () => {
    const calls: number[] = [];
    const begin = performance.now();
    const throttle = new Throttle(20, () => calls.push(performance.now() - begin));
    for (let wish = 0; wish < 5; wish++) throttle.request();
    expect(calls).toHaveLength(1);
    await delay(120);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toBeGreaterThanOrEqual(49);
  });

  test('calls back out of turn when told, which counts as a turn', async () => {
    let calls = 0;
    const throttle = new Throttle(20, () => calls++);
    throttle.request();
    throttle.request();
    throttle.callNow();
    expect(calls).toBe(2);
    await delay(120);
    expect(calls).toBe(2);
  });

  test('forgets a wish when it is stopped', async () => {
    let calls = 0;
    const throttle = new Throttle(50, () => calls++);
    throttle.request();
    throttle.request();
    throttle.cancel();
    await delay(60);
    expect(calls).toBe(1);
  });
});
