import { describe, expect, it } from '@jest/globals';
import { accuracyFloor, logSplits, lossRange, stepRange } from '../../../src/panels/charts/ranges.ts';

describe('the axis of steps', () => {
  it.each([
    [0, 1_180, 37],
    [36, 1_180, 37],
    [37, 1_180, 74],
    [560, 1_180, 590],
    [600, 1_180, 1_180],
    [1_300, 1_180, 1_300],
    [5, 0, 5],
  ])('at step %d of %d it reaches %d', (step, total, max) => {
    expect(stepRange(step, total)).toEqual({ min: 0, max });
  });
});

describe('the axis of the loss', () => {
  it('begins at 0 when linear', () => {
    expect(lossRange([[2, 1, null, undefined]], false)).toEqual({ min: 0, max: 2.12 });
  });

  it('spans at least a decade and at most six when logarithmic, and passes by what has no logarithm', () => {
    const flat = lossRange([[1, 1]], true);
    expect(flat.max / flat.min).toBeGreaterThan(10);
  });

  it('shows the six decades that hold the most when there are more', () => {
    expect(lossRange([[1, 1e-12, 0, -1]], true)).toEqual({ min: 1e-5, max: 1.25 });
    expect(lossRange([[2, 0.5, 8e15], [0.1]], true)).toEqual({ min: 0.08, max: 10 });
    expect(lossRange([[3, 8e5, 8e15]], true)).toEqual({ min: 2.4, max: 1e6 });
  });

  it('has a place to stand before there is anything', () => {
    expect(lossRange([[]], false)).toEqual({ min: 0, max: 2.5 });
    expect(lossRange([[null, 0]], true)).toEqual({ min: 0.01, max: 3 });
  });

  it('is marked at 1, 2 and 5 of each decade, or at decades when there are many', () => {
    expect(logSplits({ min: 0.008, max: 0.6 })).toEqual([0.01, 0.02, 0.05, 0.1, 0.2, 0.5]);
    expect(logSplits({ min: 1e-5, max: 10 })).toEqual([1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10]);
  });
});

describe('the floor of the accuracy axis', () => {
  it.each([
    [[], 0],
    [[0.098], 0],
    [[Number.NaN, 0.99], 0],
    [[0.967, 0.98, 0.991], 0.95],
    [[0.985, 0.993], 0.98],
    [[0.981], 0.95],
  ])('under %p is %d', (accuracies, floor) => {
    expect(accuracyFloor(accuracies)).toBe(floor);
  });
});
