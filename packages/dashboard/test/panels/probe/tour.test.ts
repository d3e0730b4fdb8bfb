import { describe, expect, it } from '@jest/globals';
import {
  type Axes,
  centered,
  evenAxes,
  project,
  radiusOf,
  toCanvas,
  turned,
  withAxis,
} from '../../../src/panels/probe/tour.ts';

const expectOrthonormal = (axes: Axes): void => {
  const sum = (of: (axis: Axes[number]) => number) => axes.reduce((total, axis) => total + of(axis), 0);
  expect(sum(([x]) => x * x)).toBeCloseTo(1, 9);
  expect(sum(([, y]) => y * y)).toBeCloseTo(1, 9);
  expect(sum(([x, y]) => x * y)).toBeCloseTo(0, 9);
};

describe('the projection', () => {
  it.each([
    [10, 0],
    [10, 1.5],
    [10, 1e5],
    [3, 42],
    [1_000, 7],
  ])('of %i dimensions after %p s has orthonormal columns', (dimensions, seconds) => {
    expectOrthonormal(turned(evenAxes(dimensions), seconds));
  });

  it('begins with the axes evenly around the circle, and turns slowly', () => {
    const [first, second] = [evenAxes(10), turned(evenAxes(10), 0.1)];
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

  it('stays orthonormal over many small turns', () => {
    let axes = evenAxes(10);
    for (let frame = 0; frame < 10_000; frame++) axes = turned(axes, 0.033);
    expectOrthonormal(axes);
  });

  it.each([
    ['beside it', 3, [0.3, 0.2]],
    ['in the middle', 0, [0, 0]],
    ['beyond the longest that it can have', 9, [-3, 4]],
  ] as const)('has an axis where it is dragged to, %s, and stays orthonormal', (_where, axis, position) => {
    const dragged = withAxis(turned(evenAxes(10), 3), axis, position);
    const factor = Math.min(1, 0.98 / (Math.hypot(...position) || 1));
    expect(dragged[axis]?.[0]).toBeCloseTo(position[0] * factor, 9);
    expect(dragged[axis]?.[1]).toBeCloseTo(position[1] * factor, 9);
    expectOrthonormal(dragged);
  });

  it('hardly moves the other axes when one is dragged a little', () => {
    const before = turned(evenAxes(10), 3);
    const [x, y] = before[4]!;
    withAxis(before, 4, [x + 0.01, y]).forEach(([nextX, nextY], axis) => {
      expect(Math.hypot(nextX - before[axis]![0], nextY - before[axis]![1])).toBeLessThan(0.011);
    });
  });

  it('has no axis to drag with two classes, whose axes are opposite', () => {
    const axes = evenAxes(2);
    expect(withAxis(axes, 0, [0.5, 0.5])).toBe(axes);
    expectOrthonormal(withAxis(evenAxes(3), 0, [0.5, 0.5]));
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
