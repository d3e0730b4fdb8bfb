import { describe, expect, it } from '@jest/globals';
import { centered, project, radiusOf, toCanvas, tourAxes } from '../../../src/panels/probe/tour.ts';

describe('the projection', () => {
  it.each([
    [10, 0],
    [10, 1.5],
    [10, 1e5],
    [3, 42],
    [1_000, 7],
  ])('of %i dimensions after %p s has orthonormal columns', (dimensions, seconds) => {
    const axes = tourAxes(dimensions, seconds);
    const sum = (of: (axis: [number, number]) => number) => axes.reduce((total, axis) => total + of(axis), 0);
    expect(sum(([x]) => x * x)).toBeCloseTo(1, 9);
    expect(sum(([, y]) => y * y)).toBeCloseTo(1, 9);
    expect(sum(([x, y]) => x * y)).toBeCloseTo(0, 9);
  });

  it('begins with the axes evenly around the circle, and turns slowly', () => {
    const [first, second] = [tourAxes(10, 0), tourAxes(10, 0.1)];
    first.forEach(([x, y], dimension) => {
      expect(Math.hypot(x, y)).toBeCloseTo(Math.sqrt(0.2), 9);
      expect(Math.atan2(y, x)).toBeCloseTo(
        Math.atan2(Math.sin((2 * Math.PI * dimension) / 10), Math.cos((2 * Math.PI * dimension) / 10)),
        9,
      );
      const [nextX, nextY] = second[dimension]!;
      expect(Math.hypot(nextX - x, nextY - y)).toBeLessThan(0.02);
      expect(second).not.toEqual(first);
    });
  });

  it('projects each point by its values along the axes', () => {
    const axes: [number, number][] = [
      [1, 0],
      [0, 1],
      [-1, 2],
    ];
    expect([...project(Float32Array.of(1, 2, 3, 0, 0, 0), axes)]).toEqual([-2, 8, 0, 0]);
  });
});

it('centred logits have the mean 0 for each image', () => {
  expect([...centered(Float32Array.of(1, 3, 10, 20), 2)]).toEqual([-1, 1, -5, 5]);
});

it('the radius contains every point, and is 1 for points at the origin', () => {
  expect(radiusOf(Float32Array.of(3, 4, 1, 0), 2)).toBe(5);
  expect(radiusOf(new Float32Array(4), 2)).toBe(1);
});

it('no point is beyond the edge of the canvas', () => {
  expect([...toCanvas(Float32Array.of(0, 1, 100, -100), 200, 5)]).toEqual([100, 105, 190, 10]);
});
