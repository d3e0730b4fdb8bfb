import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PublishPause } from '../../src/live/publish-pause.ts';

describe('the pause after publishing', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const limits = { publishShare: 0.5, publishPauseMs: 100 };
  const publishFor = (ms: number) => () => void jest.advanceTimersByTime(ms);
  /** How long the pause still lasts; negative when it has ended. */
  const left = (pause: PublishPause): number => pause.until - performance.now();

  test('has ended before anything is published', () => {
    expect(left(new PublishPause(limits))).toBeLessThan(0);
  });

  test.each([
    [0.5, 30],
    [0.75, 10],
    [0.25, 90],
  ])('leaves a share of %d to publishing: %i ms after 30 ms', (publishShare, expectedMs) => {
    const pause = new PublishPause({ ...limits, publishShare });
    pause.measure(publishFor(30));
    expect(left(pause)).toBeCloseTo(expectedMs);
  });

  test('begins again with each publication', () => {
    const pause = new PublishPause(limits);
    pause.measure(publishFor(30));
    expect(left(pause)).toBe(30);
    jest.advanceTimersByTime(50);
    pause.measure(publishFor(4));
    expect(left(pause)).toBe(4);
  });

  test('is extended by what another run publishes in it', () => {
    const pause = new PublishPause(limits);
    pause.measure(publishFor(30));
    pause.measure(publishFor(10));
    expect(left(pause)).toBe(30 - 10 + 10);
  });

  test('is not longer than its limit, however long publishing took', () => {
    const pause = new PublishPause(limits);
    pause.measure(publishFor(60_000));
    expect(left(pause)).toBe(100);
    pause.measure(publishFor(90));
    expect(left(pause)).toBe(100);
  });

  test('does not hide an error of publishing', () => {
    const fail = (): void => {
      throw new Error('oops');
    };
    expect(() => new PublishPause(limits).measure(fail)).toThrow('oops');
  });
});
