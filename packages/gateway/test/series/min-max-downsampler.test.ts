import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AxisRange, MinMaxDownsampler } from '../../src/series/min-max-downsampler.ts';

type Points = [x: number, y: number][];
type Point = ReturnType<MinMaxDownsampler['points']>[number];

function downsample(points: Points, limit: number): Points {
  const downsampler = new MinMaxDownsampler(
    { from: points[0]?.[0] ?? 0, to: points.at(-1)?.[0] ?? 0 },
    limit,
  );
  for (const [x, y] of points) downsampler.add(x, y);
  return downsampler.points().map(({ x, y }) => [x, y]);
}

/**
 * Returns the points that stay of more points than the limit, each found by a search of its whole bucket, and last the last point,
 * which stays if there is room.
 */
function searchBuckets(points: readonly Point[], { from, to }: AxisRange, limit: number): Point[] {
  const count = Math.max(1, Math.floor((limit - 1) / 2));
  const bucketOf = ({ x }: Point): number =>
    Math.min(count - 1, Math.max(0, Math.floor(((x - from) / (to - from || 1)) * count)));
  return Array.from({ length: count }, (_, bucket) => {
    const own = points.filter((point) => bucketOf(point) === bucket);
    const finite = own.filter(({ y }) => Number.isFinite(y));
    const ys = finite.map(({ y }) => y);
    return own.filter(
      (point) =>
        point === finite.find(({ y }) => y === Math.min(...ys)) ||
        point === finite.find(({ y }) => y === Math.max(...ys)) ||
        point === own.find(({ y }) => !Number.isFinite(y)),
    );
  }).flat();
}

const wave = (length: number): Points => Array.from({ length }, (_, x) => [x, Math.sin(x / 50)]);

describe('the min-max downsampler', () => {
  test('returns all points when there are no more than the limit', () => {
    expect(downsample(wave(100), 100)).toEqual(wave(100));
    expect(downsample([], 10)).toEqual([]);
    expect(downsample([[3, 1]], 2)).toEqual([[3, 1]]);
  });

  test('keeps every spike when there are more (P-203)', () => {
    const points = wave(10_000);
    for (const [x, y] of [
      [1_234, 50],
      [7_777, -50],
    ] as const)
      points[x] = [x, y];
    const kept = downsample(points, 100);
    expect(kept.length).toBeLessThanOrEqual(100);
    expect(kept).toContainEqual([1_234, 50]);
    expect(kept).toContainEqual([7_777, -50]);
    expect(kept.at(-1)).toEqual(points.at(-1));
  });

  test('keeps one point of each bucket that is not finite, beside the others (P-203)', () => {
    const points = wave(1_000).map(([x, y]): [number, number] => [x, x >= 900 ? Number.NaN : y]);
    const kept = downsample(points, 101);
    expect(kept.filter(([, y]) => Number.isNaN(y)).map(([x]) => x)).toEqual([900, 920, 940, 960, 980, 999]);
    expect(kept.filter(([, y]) => Number.isFinite(y)).at(-1)![0]).toBeGreaterThan(850);
  });

  test('counts points outside the range to the buckets at its ends', () => {
    const downsampler = new MinMaxDownsampler({ from: 10, to: 20 }, 5);
    for (const x of [0, 5, 12, 15, 18, 25, 30]) downsampler.add(x, x);
    expect(downsampler.points().map(({ x }) => x)).toEqual([0, 12, 15, 30]);
  });

  test('returns points in order, each once, no more than the limit, with the minimum and maximum (P-202)', () => {
    const steps = fc.array(fc.record({ dx: fc.integer({ min: 0, max: 3 }), y: fc.double() }), {
      minLength: 1,
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 2, max: 50 }),
        fc.integer({ min: 0, max: 90 }),
        (moves, limit, to) => {
          let x = 0;
          const points = moves.map(({ dx, y }) => {
            x += dx;
            return { x, y };
          });
          const downsampler = new MinMaxDownsampler({ from: 0, to }, limit);
          for (const point of points) downsampler.add(point.x, point.y);
          const kept = downsampler.points();
          for (const { index, x, y } of kept) expect({ x, y }).toEqual(points[index]);
          expect(kept.map(({ index }) => index)).toEqual(
            [...new Set(kept.map(({ index }) => index))].sort((a, b) => a - b),
          );
          const finite = points.map(({ y }) => y).filter(Number.isFinite);
          const keptFinite = kept.map(({ y }) => y).filter(Number.isFinite);
          expect(keptFinite.length).toBeLessThanOrEqual(limit);
          if (limit > 2) expect(kept.at(-1)!.index).toBe(points.length - 1);
          if (finite.length > 0)
            expect([Math.min(...keptFinite), Math.max(...keptFinite)]).toEqual([
              Math.min(...finite),
              Math.max(...finite),
            ]);
          expect(downsampler.points()).toEqual(kept);
        },
      ),
    );
  });

  test('keeps the first lowest, the first highest and the first point that is not finite of each bucket, of 2 rows or of many (P-203)', () => {
    const y = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 2, max: 9 }),
        fc.array(y, { minLength: 180, maxLength: 180, size: 'max' }),
        (buckets, rows, ys) => {
          const range = { from: 0, to: buckets * rows };
          const limit = 2 * buckets + 1;
          const points = ys.slice(0, buckets * rows).map((y, x) => ({ index: x, x, y }));
          const downsampler = new MinMaxDownsampler(range, limit);
          for (const { x, y } of points) downsampler.add(x, y);
          const kept = downsampler.points();
          if (points.length <= limit) return expect(kept).toEqual(points);
          const found = searchBuckets(points, range, limit);
          const last = points.at(-1)!;
          expect(kept).toEqual(found.at(-1) === last ? found : [...found, last]);
        },
      ),
    );
  });
});
