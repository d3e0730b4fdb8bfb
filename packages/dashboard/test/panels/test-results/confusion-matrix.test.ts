import { describe, expect, it } from '@jest/globals';
import {
  type CellPosition,
  cellNote,
  colouredCells,
  confusionSentence,
  mistakeCount,
  moveCell,
  nearestNonZero,
  nonZeroCells,
  worstMistakes,
} from '../../../src/panels/test-results/confusion-matrix.ts';

const matrix = Array.from({ length: 10 }, (_, truth) =>
  Array.from({ length: 10 }, (_, predicted) => (truth === predicted ? 990 : 0)),
);
(matrix[7] as number[])[2] = 4;
(matrix[4] as number[])[9] = 16;
const classes = [...'0123456789'];

describe('the confusion matrix', () => {
  it('colours mistakes relative to the most frequent one, and not the diagonal', () => {
    const cells = colouredCells(nonZeroCells({ confusion: matrix }), 10);
    expect(cells[4]?.[9]?.heat).toBe(1);
    expect(cells[7]?.[2]?.heat).toBe(0.5);
    expect(cells[4]?.[4]?.heat).toBe(0);
    expect(cells[0]?.[1]?.heat).toBe(0);
  });

  it('has no colour when there is no mistake', () => {
    const perfect = matrix.map((row, truth) =>
      row.map((count, predicted) => (truth === predicted ? count : 0)),
    );
    expect(
      Math.max(
        ...colouredCells(nonZeroCells({ confusion: perfect }), 10).flatMap((row) =>
          row.map(({ heat }) => heat),
        ),
      ),
    ).toBe(0);
    expect(worstMistakes(nonZeroCells({ confusion: perfect }), 5)).toEqual([]);
  });

  it('describes a cell', () => {
    expect(confusionSentence({ truth: 7, predicted: 2, count: 5 }, classes)).toBe(
      '7 classified as 2: 5 times',
    );
    expect(confusionSentence({ truth: 7, predicted: 2, count: 1 }, classes)).toBe(
      '7 classified as 2: 1 time',
    );
    expect(confusionSentence({ truth: 3, predicted: 3, count: 990 }, classes)).toBe(
      '3 classified as 3, which is right: 990 times',
    );
  });

  it.each([
    [0, 0, ''],
    [5, 5, ''],
    [2, 1, '1 of the 2 is among the samples of this epoch.'],
    [1_200, 2, '2 of the 1,200 are among the samples of this epoch.'],
    [5, 0, 'None of them are among the samples of this epoch.'],
  ])('notes how many of %p images are missing when %p are shown', (count, shown, note) => {
    expect(cellNote(count, shown)).toBe(note);
  });

  it('counts mistakes and lists the most frequent first', () => {
    expect(mistakeCount(nonZeroCells({ confusion: matrix }))).toEqual({ wrong: 20, total: 9_920 });
    expect(
      worstMistakes(nonZeroCells({ confusion: matrix }), 5).map(({ truth, predicted }) => [truth, predicted]),
    ).toEqual([
      [4, 9],
      [7, 2],
    ]);
  });

  it.each([
    ['ArrowUp', [0, 5]],
    ['ArrowDown', [1, 5]],
    ['ArrowLeft', [0, 4]],
    ['ArrowRight', [0, 6]],
    ['Home', [0, 0]],
    ['End', [0, 9]],
    ['Enter', undefined],
  ])('%s leads from row 0, column 5 to %p', (key, to) => {
    expect(moveCell(key, [0, 5], 10)).toEqual(to);
  });

  it('arrow keys stay within a matrix of three classes', () => {
    expect(moveCell('ArrowDown', [2, 2], 3)).toEqual([2, 2]);
    expect(moveCell('End', [1, 0], 3)).toEqual([1, 2]);
  });

  it('the nearest cell that is not 0 is found within the reach, and never outside the matrix', () => {
    const classCount = 3;
    // Like the drawn matrix, which finds [2, -1] where [1, 2] is.
    const countsByIndex = new Map([[5, 1]]);
    const countOf = ([truth, predicted]: CellPosition) =>
      countsByIndex.get(truth * classCount + predicted) ?? 0;
    const nearest = (cell: CellPosition, reach: number) =>
      nearestNonZero(cell, { reach, classCount, countOf });
    expect(nearest([1, 2], 0)).toEqual([1, 2]);
    expect(nearest([0, 1], 1)).toEqual([1, 2]);
    expect(nearest([0, 1], 0)).toEqual([0, 1]);
    expect(nearest([2, 0], 1)).toEqual([2, 0]);
  });
});
