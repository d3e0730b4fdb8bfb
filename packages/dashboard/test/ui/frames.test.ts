import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Rest } from '../../src/ui/frames.ts';

describe('a rest between draws', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets the first through, holds the next back, and has it come later, once', () => {
    const later = jest.fn();
    const rest = new Rest(250, later);
    expect([rest.holds('a'), rest.holds('a'), rest.holds('a')]).toEqual([false, true, true]);
    jest.advanceTimersByTime(249);
    expect(later).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(later).toHaveBeenCalledTimes(1);
    expect(rest.holds('a')).toBe(false);
  });

  it('holds nothing back of another subject', () => {
    const rest = new Rest(250, () => {});
    expect([rest.holds('a', 1), rest.holds('b', 1), rest.holds('b', 2), rest.holds('b', 2)]).toEqual([
      ...[false, false, false],
      true,
    ]);
  });

  it('of no length holds nothing back', () => {
    const rest = new Rest(0, () => {});
    expect([rest.holds('a'), rest.holds('a')]).toEqual([false, false]);
  });
});
