import { describe, expect, it } from '@jest/globals';
import { fitRange, lossRange } from '../../../src/panels/charts/y-range.ts';

describe('the range of a loss axis', () => {
  it('begins at 0 when linear', () => {
    expect(lossRange([[2, 1, null, undefined]], false)).toEqual({ min: 0, max: 2.12 });
  });

  it('spans at least a decade when logarithmic', () => {
    const flat = lossRange([[1, 1]], true);
    expect(flat.max / flat.min).toBeGreaterThan(10);
  });

  it('shows the six decades with the most values when there are more, and ignores values without a logarithm', () => {
    expect(lossRange([[1, 1e-12, 0, -1]], true)).toEqual({ min: 1e-5, max: 1.25 });
    expect(lossRange([[2, 0.5, 8e15], [0.1]], true)).toEqual({ min: 0.08, max: 10 });
    expect(lossRange([[3, 8e5, 8e15]], true)).toEqual({ min: 2.4, max: 1e6 });
  });

  it('has a default when there are no values', () => {
    expect(lossRange([[]], false)).toEqual({ min: 0, max: 2.5 });
    expect(lossRange([[null, 0]], true)).toEqual({ min: 0.01, max: 3 });
  });
});

describe('the range of a fitted axis', () => {
  it('does not magnify the rounding errors of a constant', () => {
    const { min, max } = fitRange([[-12_345.678, -12_345.677999999996]]);
    expect(min).toBeCloseTo(-12_345.678 * 1.06, 3);
    expect(max).toBeCloseTo(-12_345.678 * 0.94, 3);
  });

  it('fits values that differ by little', () => {
    const { min, max } = fitRange([[123_456_789_013, 123_456_789_023]]);
    expect(max - min).toBeCloseTo(11.2, 3);
  });
});
