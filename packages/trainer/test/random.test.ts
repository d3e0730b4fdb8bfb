import { describe, expect, test } from '@jest/globals';
import { deriveSeed, normal, seededRandom, shuffle } from '../src/random.ts';

describe('random numbers', () => {
  test('derived seeds differ with every part and with their order', () => {
    const seeds = [deriveSeed(1, 2), deriveSeed(2, 1), deriveSeed(1, 3), deriveSeed(1), deriveSeed(1, 2, 0)];
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  test('normal draws have mean 0 and variance 1', () => {
    const random = seededRandom(3);
    const draws = Array.from({ length: 20_000 }, () => normal(random));
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
  });

  test('shuffling keeps all items, and each position is equally likely', () => {
    const counts = new Array<number>(4).fill(0);
    const random = seededRandom(9);
    for (let round = 0; round < 4_000; round++) {
      const items = Uint32Array.of(0, 1, 2, 3);
      shuffle(items, random);
      items.toSorted().forEach((item, at) => {
        if (item !== at) throw new Error(`expected a permutation, got ${items}`);
      });
      counts[items[0] as number]++;
    }
    for (const count of counts) expect(count / 4_000).toBeCloseTo(0.25, 1);
  });
});
