import { expect, it } from '@jest/globals';
import { joinColumns } from '../../../src/panels/charts/columns.ts';

it('curves with an x of their own stand on one ascending x', () => {
  const columns = joinColumns([
    {
      x: [1, 2, 3, 4],
      curves: [
        [10, 20, null, 40],
        [11, 21, null, 41],
      ],
    },
    { x: [2, 2.5, 9], curves: [[5, 6, null]] },
  ]);
  expect(columns).toEqual([
    [1, 2, 2.5, 3, 4, 9],
    // "none here" is undefined and bridged by a line, "not a number" is null and breaks it.
    [10, 20, undefined, null, 40, undefined],
    [11, 21, undefined, null, 41, undefined],
    [undefined, 5, 6, undefined, undefined, null],
  ]);
});

it('nothing is joined to nothing', () => {
  expect(joinColumns([])).toEqual([[]]);
  expect(
    joinColumns([
      { x: [], curves: [[]] },
      { x: [5], curves: [[1]] },
    ]),
  ).toEqual([[5], [undefined], [1]]);
});
