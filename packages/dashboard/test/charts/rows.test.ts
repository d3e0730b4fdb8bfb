import { expect, it } from '@jest/globals';
import { joinRows } from '../../src/charts/rows.ts';

const { NaN: nan } = Number;

it('the points of the epochs stand among the batches on one ascending x', () => {
  const rows = joinRows({
    x: Float64Array.from([1, 2, 3, 4]),
    raw: Float64Array.from([10, 20, nan, 40]),
    smooth: Float64Array.from([11, 21, nan, 41]),
    length: 4,
    points: [
      { x: 2, y: 5 },
      { x: 2.5, y: 6 },
      { x: 9, y: nan },
    ],
    width: 100,
  });
  expect(rows).toEqual([
    [1, 2, 2.5, 3, 4, 9],
    // "none here" is undefined and bridged by a line, "not a number" is null and breaks it.
    [10, 20, undefined, null, 40, undefined],
    [11, 21, undefined, null, 41, undefined],
    [undefined, 5, 6, undefined, undefined, null],
  ]);
});

it('epochs are drawn when no batch is there', () => {
  const none = new Float64Array();
  const rows = joinRows({ x: none, raw: none, smooth: none, length: 0, points: [{ x: 5, y: 1 }], width: 10 });
  expect(rows).toEqual([[5], [undefined], [undefined], [1]]);
});
