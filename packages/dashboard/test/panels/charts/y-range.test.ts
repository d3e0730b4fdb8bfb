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

  it('contains the whole climb of a loss that explodes, however many decades that are', () => {
    const falling = Array.from({ length: 1_000 }, (_, row) => 2.3 / (1 + row / 100));
    for (const top of [8e15, 1e30, 1e48]) {
      const { min, max } = lossRange([[...falling, 10, 1e4, top]], true);
      expect(max).toBe(top * 1.25);
      expect(min).toBeCloseTo(0.1673, 3);
    }
  });

  it('leaves out the lowest 2 % of the values at most, when logarithmic, beyond six decades', () => {
    const losses = Array.from({ length: 100 }, (_, row) => 2 - row / 100);
    expect(lossRange([[...losses, 1e-12, 0, -1]], true)).toEqual({ min: 0.2, max: 2.5 });
    expect(lossRange([[...losses, 1e-12, 1e-12, 1e-9]], true)).toEqual({ min: 1e-9, max: 2.5 });
    expect(lossRange([[1, 1e-12]], true).min).toBe(1e-12 / 1.25);
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
