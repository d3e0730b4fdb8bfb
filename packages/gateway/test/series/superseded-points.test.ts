import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SupersededPoints } from '../../src/series/superseded-points.ts';

/** Returns the indexes of the points that are not superseded. */
function remainingIndexes(xs: readonly number[]): number[] {
  const superseded = new SupersededPoints();
  for (const x of xs) superseded.add(x);
  return [...xs.keys()].filter((at) => !superseded.isNextSuperseded(xs[at]!));
}

test('no point of an ascending curve is superseded, equal positions included', () => {
  expect(remainingIndexes([1, 2, 2, 5])).toEqual([0, 1, 2, 3]);
});

test('points are superseded where the curve goes back (P-204)', () => {
  expect(remainingIndexes([1, 2, 3, 2, 3, 4])).toEqual([0, 3, 4, 5]);
  expect(remainingIndexes([1, 2, 3, 4, 3, 1, 2])).toEqual([5, 6]);
});

test('each rewind supersedes the points from its position on', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 })), (xs) => {
      const left: number[] = [];
      xs.forEach((x, at) => {
        if (at > 0 && x < xs[at - 1]!) while (left.length > 0 && xs[left.at(-1)!]! >= x) left.pop();
        left.push(at);
      });
      expect(remainingIndexes(xs)).toEqual(left);
    }),
  );
});
