import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Throttle } from '../../src/live/throttle.ts';

describe('a throttle', () => {
  let calls: number[];
  const call = (): void => void calls.push(performance.now());
  beforeEach(() => {
    jest.useFakeTimers();
    calls = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('calls at once, and merges the requests within the interval into one call at its end', () => {
    const throttle = new Throttle(20, call);
    for (let request = 0; request < 5; request++) throttle.request();
    expect(calls).toHaveLength(1);
    jest.advanceTimersByTime(120);
    expect(calls).toHaveLength(2);
    expect(calls[1]! - calls[0]!).toBe(50);
  });

  test('starts a new interval with callNow, which replaces the call that was due', () => {
    const throttle = new Throttle(20, call);
    throttle.request();
    throttle.request();
    throttle.callNow();
    expect(calls).toHaveLength(2);
    jest.advanceTimersByTime(120);
    expect(calls).toHaveLength(2);
  });

  test('drops the call that was due when it is cancelled', () => {
    const throttle = new Throttle(50, call);
    throttle.request();
    throttle.request();
    throttle.cancel();
    jest.advanceTimersByTime(60);
    expect(calls).toHaveLength(1);
  });

  test('never calls before the interval has passed, whose length may be no whole number of milliseconds', () => {
    const throttle = new Throttle(3, call);
    throttle.request();
    throttle.request();
    jest.advanceTimersByTime(333);
    expect(calls).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(calls).toHaveLength(2);
  });

  test('calls at once again when the interval has passed', () => {
    const throttle = new Throttle(20, call);
    throttle.request();
    jest.advanceTimersByTime(49);
    throttle.request();
    expect(calls).toHaveLength(1);
    throttle.cancel();
    jest.advanceTimersByTime(1);
    throttle.request();
    expect(calls).toHaveLength(2);
  });
});
