import { expect, test } from '@jest/globals';
import { seededRandom } from '../src/random.ts';

test('seeded random numbers are the same for the same seed, from 0 inclusive to 1 exclusive', () => {
  const draw = (seed: number) => Array.from({ length: 1_000 }, seededRandom(seed));
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
  expect(Math.min(...draw(5))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...draw(5))).toBeLessThan(1);
});
