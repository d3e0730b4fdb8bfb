import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PublishPause } from '../../src/live/publish-pause.ts';

describe('the pause after publishing', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const limits = { publishShare: 0.5, publishPauseMs: 100 };
  const publishFor = (ms: number) => () => void jest.advanceTimersByTime(ms);
  /** How long the pause still lasts; negative when it has ended. */
  const left = (pause: PublishPause): number => pause.until - performance.now();

  /** Publishes as often as the pause allows, and returns each pause. */
  function publishOften(pause: PublishPause, durations: readonly number[]): number[] {
    return durations.map((ms) => {
      pause.measure(publishFor(ms));
      const pauseMs = left(pause);
      jest.advanceTimersByTime(pauseMs);
      return pauseMs;
    });
  }

  const repeated = (times: number, ms: number): number[] => new Array<number>(times).fill(ms);

  test('has ended before anything is published', () => {
    expect(left(new PublishPause(limits))).toBeLessThan(0);
  });

  test.each([
    [0.5, 10],
    [0.8, 2.5],
    [0.25, 30],
  ])('leaves a share of %d to publishing: %d ms after each 10 ms', (publishShare, expectedMs) => {
    const pause = new PublishPause({ ...limits, publishShare });
    const pauses = publishOften(pause, repeated(40, 10));
    expect(pauses.at(-1)).toBeCloseTo(expectedMs, 2);
  });

  test('is spread over several publications when a single one was slow', () => {
    const pause = new PublishPause(limits);
    publishOften(pause, repeated(40, 8));
    const pauses = publishOften(pause, [40, ...repeated(39, 8)]);
    expect(Math.max(...pauses)).toBeCloseTo(16);
    const sum = pauses.reduce((total, ms) => total + ms, 0);
    expect(sum).toBeCloseTo(40 + 39 * 8, 1);
  });

  test('counts the time in which nothing is published', () => {
    const pause = new PublishPause(limits);
    pause.measure(publishFor(40));
    expect(left(pause)).toBe(10);
    jest.advanceTimersByTime(10 + 30);
    pause.measure(publishFor(4));
    expect(left(pause)).toBe(1);
  });

  test('is extended by what another run publishes in it', () => {
    const pause = new PublishPause(limits);
    pause.measure(publishFor(40));
    pause.measure(publishFor(2));
    expect(left(pause)).toBe(10 - 2 + (30 + 2) / 4);
  });

  test('is not longer than its limit, and soon as short as before, after the process was stopped', () => {
    const pause = new PublishPause(limits);
    publishOften(pause, repeated(40, 8));
    const pauses = publishOften(pause, [60_000, ...repeated(20, 8)]);
    expect(Math.max(...pauses)).toBe(100);
    expect(pauses.at(-1)).toBeLessThan(9);
  });

  test('is not longer than its limit when several runs publish', () => {
    const pause = new PublishPause(limits);
    pause.measure(publishFor(60_000));
    pause.measure(publishFor(90));
    expect(left(pause)).toBeLessThanOrEqual(100);
  });

  test('does not hide an error of publishing', () => {
    const fail = (): void => {
      throw new Error('oops');
    };
    expect(() => new PublishPause(limits).measure(fail)).toThrow('oops');
  });
});
