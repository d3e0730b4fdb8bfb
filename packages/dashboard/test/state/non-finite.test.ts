import { expect, it } from '@jest/globals';
import { NonFinite } from '../../src/state/non-finite.ts';

const x = Float64Array.from([1, 2, 3, 4, 5, 6]);
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

it('stretches that are not finite are found as the points come', () => {
  const values = Float64Array.from([1, nan, nan, 4, infinity, 6]);
  const found = new NonFinite();
  for (let length = 1; length <= 6; length++) found.follow(x, { values, length, generation: 0 });
  expect(found.stretches).toEqual([
    { from: 2, to: 3, value: nan },
    { from: 5, to: 5, value: infinity },
  ]);
});

it('stretches are forgotten when the points have changed', () => {
  const found = new NonFinite();
  found.follow(x, { values: Float64Array.from([nan]), length: 1, generation: 0 });
  expect(found.follow(x, { values: Float64Array.from([1]), length: 1, generation: 1 })).toEqual([]);
});
