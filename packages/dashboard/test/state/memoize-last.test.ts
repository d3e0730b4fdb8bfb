import { describe, expect, it, jest } from '@jest/globals';
import { memoizeLast } from '../../src/state/memoize-last.ts';

describe('memoizeLast', () => {
  it('computes again only when an input has changed', () => {
    const compute = jest.fn((a: number, b: number) => [a, b]);
    const pair = memoizeLast(compute);
    const first = pair(1, Number.NaN);
    expect(pair(1, Number.NaN)).toBe(first);
    expect(compute).toHaveBeenCalledTimes(1);
    expect(pair(2, Number.NaN)).toEqual([2, Number.NaN]);
    expect(compute).toHaveBeenCalledTimes(2);
  });

  it('computes again when the number of inputs has changed', () => {
    const count = memoizeLast((...inputs: readonly unknown[]) => inputs.length);
    expect([count(), count(undefined), count()]).toEqual([0, 1, 0]);
  });
});
