import { describe, expect, it } from '@jest/globals';
import { thin } from '../../src/state/thin.ts';

const wave = Float64Array.from({ length: 10_000 }, (_, at) => Math.sin(at / 50));

describe('thinning', () => {
  it('keeps all rows that fit', () => {
    expect(thin(wave, 5, 100)).toEqual([0, 1, 2, 3, 4]);
    expect(thin(wave, 0, 100)).toEqual([]);
  });

  it('keeps a spike, the last row and the order, within the room', () => {
    const values = wave.slice();
    values[4_321] = 99;
    const rows = thin(values, values.length, 300);
    expect(rows).toContain(4_321);
    expect(rows.at(-1)).toBe(9_999);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect(rows.length).toBeLessThanOrEqual(601);
  });

  it('leaves what is drawn where it is while rows are appended', () => {
    const before = thin(wave, 9_000, 300);
    const after = thin(wave, 9_100, 300);
    const settled = before.filter((row) => row < 8_900);
    expect(after.slice(0, settled.length)).toEqual(settled);
  });

  it('passes by values that are not finite, and keeps one row where there is nothing else', () => {
    const values = wave.slice();
    values.fill(Number.NaN, 5_000, 7_000);
    const rows = thin(values, values.length, 300);
    expect(rows.some((row) => row > 5_100 && row < 6_900)).toBe(true);
    expect(rows.filter((row) => row < 5_000).every((row) => Number.isFinite(values[row]))).toBe(true);
  });
});
