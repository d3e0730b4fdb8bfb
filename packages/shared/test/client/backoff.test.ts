import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffDefaults, backoffMs } from '../../src/index.ts';

test('a delay is between half of its bound and the bound (P-91)', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
      const wait = backoffMs(attempt, backoffDefaults, () => chance);
      const bound = Math.min(backoffDefaults.maxMs, backoffDefaults.firstMs * 2 ** attempt);
      expect(wait).toBeGreaterThanOrEqual(bound / 2);
      expect(wait).toBeLessThanOrEqual(bound);
    }),
  );
});

test('half of a delay is left to chance (P-91)', () => {
  const waits = [0, 0.5, 1].map((chance) => backoffMs(1, backoffDefaults, () => chance));
  expect(waits).toEqual([500, 750, 1_000]);
});

test('delays double up to the maximum (P-91)', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(attempt, backoffDefaults, () => 1));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});
