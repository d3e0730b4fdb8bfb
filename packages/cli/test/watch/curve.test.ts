import { describe, expect, test } from '@jest/globals';
import { drawCurve, rangeOf } from '../../src/watch/braille.ts';
import { Curve } from '../../src/watch/curve.ts';

describe('a curve', () => {
  test('keeps every spike of a million steps in at most 4,096 points', () => {
    const curve = new Curve();
    for (let step = 1; step <= 1_000_000; step++)
      curve.add(step, step === 123_456 ? 50 : step === 777 ? -3 : 1);
    expect(curve.points.length).toBeLessThanOrEqual(4_096);
    expect(rangeOf(curve.points)).toEqual({ low: -3, high: 50 });
    const steps = curve.points.map(({ x }) => x);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  test('leaves out values that are not finite', () => {
    const curve = new Curve();
    for (const value of [1, Number.NaN, Number.POSITIVE_INFINITY, 2]) curve.add(curve.points.length, value);
    expect(curve.points.map(({ high }) => high)).toEqual([1, 2]);
  });

  test('is drawn from the upper left to the lower right when it falls', () => {
    const curve = new Curve();
    for (let step = 0; step < 8; step++) curve.add(step, 7 - step);
    expect(drawCurve(curve.points, { width: 4, height: 2 }, (value) => value / 7)).toEqual(['⠑⢄⠀⠀', '⠀⠀⠑⢄']);
  });

  test('has no holes between distant steps', () => {
    const points = [0, 100].map((x) => ({ x, low: x / 100, high: x / 100 }));
    const [line = ''] = drawCurve(points, { width: 20, height: 1 }, (value) => value);
    expect([...line].every((cell) => cell !== '\u2800')).toBe(true);
  });
});
