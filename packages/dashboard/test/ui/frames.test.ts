import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Throttle } from '../../src/ui/frames.ts';

describe('a throttle', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets the first call through, and runs later ones once when they are due', () => {
    const onDue = jest.fn();
    const throttle = new Throttle(250, onDue);
    expect([throttle.shouldWait('a'), throttle.shouldWait('a'), throttle.shouldWait('a')]).toEqual([
      false,
      true,
      true,
    ]);
    jest.advanceTimersByTime(249);
    expect(onDue).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(onDue).toHaveBeenCalledTimes(1);
    expect(throttle.shouldWait('a')).toBe(false);
  });

  it('lets calls through when an input has changed', () => {
    const throttle = new Throttle(250, () => {});
    expect([
      throttle.shouldWait('a', 1),
      throttle.shouldWait('b', 1),
      throttle.shouldWait('b', 2),
      throttle.shouldWait('b', 2),
    ]).toEqual([...[false, false, false], true]);
  });

  it('without an interval lets every call through', () => {
    const throttle = new Throttle(0, () => {});
    expect([throttle.shouldWait('a'), throttle.shouldWait('a')]).toEqual([false, false]);
  });
});
