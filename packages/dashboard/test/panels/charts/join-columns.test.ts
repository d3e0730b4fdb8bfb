import { expect, it } from '@jest/globals';
import { joinColumns, lonePoints } from '../../../src/panels/charts/join-columns.ts';

it('curves with different values of x are joined into one table with ascending x', () => {
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
    // undefined: no row at this x, so the line passes over it. null: a value that is not finite, which breaks the line.
    [10, 20, undefined, null, 40, undefined],
    [11, 21, undefined, null, 41, undefined],
    [undefined, 5, 6, undefined, undefined, null],
  ]);
});

it.each([
  [[3], [0]],
  [
    [null, 3, null, 4, 5, null, 6],
    [1, 6],
  ],
  // A row without a value does not break a line.
  [[undefined, 3, undefined], [1]],
  [[3, undefined, 4], []],
  [
    [3, undefined, null, 4],
    [0, 3],
  ],
  [[null, undefined], []],
  [[], []],
])('a value that no line reaches is drawn alone: of %j those at %j', (cells, lone) => {
  expect(lonePoints(cells)).toEqual(lone);
});

it('empty tables add nothing', () => {
  expect(joinColumns([])).toEqual([[]]);
  expect(
    joinColumns([
      { x: [], curves: [[]] },
      { x: [5], curves: [[1]] },
    ]),
  ).toEqual([[5], [undefined], [1]]);
});
