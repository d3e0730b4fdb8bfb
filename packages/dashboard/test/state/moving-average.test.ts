import { describe, expect, it } from '@jest/globals';
import { MovingAverage } from '../../src/state/moving-average.ts';

const column = (...values: number[]) => ({
  values: Float64Array.from(values),
  length: values.length,
  generation: 0,
});
const smoothed = (values: number[], weight: number): number[] => [
  ...new MovingAverage().update(column(...values), weight).subarray(0, values.length),
];

describe('the moving average', () => {
  it('equals the values at weight 0', () => {
    expect(smoothed([3, 1, 2], 0)).toEqual([3, 1, 2]);
  });

  it('is debiased: a constant is its own average from the first value on', () => {
    for (const value of smoothed([2, 2, 2, 2], 0.9)) expect(value).toBeCloseTo(2, 12);
  });

  it('weighs newer values more', () => {
    // (0.5 · 0.5 · 1 + 0.5 · 3) / (1 − 0.25)
    expect(smoothed([1, 3], 0.5)[1]).toBeCloseTo(7 / 3, 12);
  });

  it('is NaN where a value is not finite, and continues after it', () => {
    const values = smoothed([1, Number.NaN, Number.POSITIVE_INFINITY, 1], 0.5);
    expect(values[1]).toBeNaN();
    expect(values[2]).toBeNaN();
    expect(values[3]).toBeCloseTo(1, 12);
  });

  it('is the same whether rows are processed one by one or all at once', () => {
    const values = Array.from({ length: 3_000 }, (_, index) => Math.sin(index));
    const gradual = new MovingAverage();
    for (let length = 1; length <= values.length; length += 7)
      gradual.update({ ...column(...values), length }, 0.8);
    expect([...gradual.update(column(...values), 0.8).subarray(0, values.length)]).toEqual(
      smoothed(values, 0.8),
    );
  });

  it('starts over when the weight or existing rows have changed', () => {
    const average = new MovingAverage();
    average.update(column(1, 2, 3), 0.5);
    expect(average.update(column(1, 2, 3), 0)[2]).toBe(3);
    expect(average.update({ ...column(5, 2, 3), generation: 1 }, 0)[0]).toBe(5);
  });
});
