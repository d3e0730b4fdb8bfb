import { expect, it } from '@jest/globals';
import { NonFiniteRanges } from '../../src/state/non-finite-ranges.ts';

const x = Float64Array.from([1, 2, 3, 4, 5, 6]);
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

it('ranges of values that are not finite are found as rows are appended', () => {
  const values = Float64Array.from([1, nan, nan, 4, infinity, 6]);
  const ranges = new NonFiniteRanges();
  for (let length = 1; length < 6; length++) ranges.update(x, { values, length, generation: 0 });
  expect(ranges.update(x, { values, length: 6, generation: 0 })).toEqual([
    { from: 2, to: 3, value: nan },
    { from: 5, to: 5, value: infinity },
  ]);
});

it('ranges are found again when existing rows have changed', () => {
  const ranges = new NonFiniteRanges();
  ranges.update(x, { values: Float64Array.from([nan]), length: 1, generation: 0 });
  expect(ranges.update(x, { values: Float64Array.from([1]), length: 1, generation: 1 })).toEqual([]);
});
