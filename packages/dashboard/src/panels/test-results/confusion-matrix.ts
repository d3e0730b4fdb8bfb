import type { TestResults } from '../../state/event-data.ts';
import { className, formatCount } from '../../state/format.ts';

/** A cell of the confusion matrix that is not 0. */
export interface CountedCell {
  truth: number;
  predicted: number;
  count: number;
}

type ConfusionResults = Pick<TestResults, 'confusion' | 'confusionCells'>;

const cellsOfResults = new WeakMap<ConfusionResults, readonly CountedCell[]>();

/** Returns the cells of the confusion matrix that are not 0; an empty list without a matrix. */
export function nonZeroCells(test: ConfusionResults | null | undefined): readonly CountedCell[] {
  if (!test) return [];
  const known = cellsOfResults.get(test);
  if (known) return known;
  const cells = readCells(test);
  cellsOfResults.set(test, cells);
  return cells;
}

function readCells({ confusion, confusionCells }: ConfusionResults): CountedCell[] {
  if (confusion)
    return confusion.flatMap((row, truth) =>
      row.map((count, predicted) => ({ truth, predicted, count })).filter(({ count }) => count > 0),
    );
  return (confusionCells ?? []).map(([truth = 0, predicted = 0, count = 0]) => ({ truth, predicted, count }));
}

/** A true class and a predicted class. */
export type CellPosition = readonly [truth: number, predicted: number];

/** A cell of the confusion matrix. */
export interface ConfusionCell {
  truth: number;
  predicted: number;
  count: number;
  /** Intensity of the colour from 0 to 1; 0 on the diagonal, whose large counts would make mistakes look pale. */
  heat: number;
}

/** Returns the matrix with colours, row by row; rows are true classes, columns predictions. */
export function colouredCells(cells: readonly CountedCell[], classCount: number): ConfusionCell[][] {
  const worst = Math.max(1, ...worstMistakes(cells, 1).map(({ count }) => count));
  return Array.from({ length: classCount }, (_row, truth) =>
    Array.from({ length: classCount }, (_column, predicted) => {
      const count = countAt(cells, [truth, predicted]);
      // The square root keeps a single mistake visible beside thirty.
      return { truth, predicted, count, heat: predicted === truth ? 0 : Math.sqrt(count / worst) };
    }),
  );
}

/** Returns the count of a cell, in time proportional to the number of cells. */
export const countAt = (cells: readonly CountedCell[], [truth, predicted]: CellPosition): number =>
  cells.find((cell) => cell.truth === truth && cell.predicted === predicted)?.count ?? 0;

/** Describes a cell: "7 classified as 2: 5 times". */
export function confusionSentence(
  { truth, predicted, count }: Omit<ConfusionCell, 'heat'>,
  classes: readonly string[],
): string {
  const name = className(classes, truth);
  // As in the cells, without a thousands separator: a name by which speech control finds a cell contains its text.
  const times = `${count} ${count === 1 ? 'time' : 'times'}`;
  if (truth === predicted) return `${name} classified as ${name}, which is right: ${times}`;
  return `${name} classified as ${className(classes, predicted)}: ${times}`;
}

/** Returns how many images of a cell can be shown: "3 of the 5 are among the samples of this epoch."; empty if all. */
export function cellNote(count: number, shown: number, where = 'among the samples of this epoch'): string {
  if (count === 0) return '';
  if (shown === 0) return `None of them are ${where}.`;
  return shown >= count
    ? ''
    : `${formatCount(shown)} of the ${formatCount(count)} ${shown === 1 ? 'is' : 'are'} ${where}.`;
}

/** Returns the cells with the most mistakes, in descending order. */
export const worstMistakes = (cells: readonly CountedCell[], limit: number): CountedCell[] =>
  cells
    .filter(({ truth, predicted }) => truth !== predicted)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit);

/** Returns the number of misclassified test images, and the number of all test images. */
export function mistakeCount(cells: readonly CountedCell[]): { wrong: number; total: number } {
  let wrong = 0;
  let total = 0;
  for (const { truth, predicted, count } of cells) {
    total += count;
    if (truth !== predicted) wrong += count;
  }
  return { wrong, total };
}

/** Returns the nearest cell that is not 0, at most `reach` rows and columns from a cell; the cell itself if all of them are 0. */
export function nearestNonZero(
  [row, column]: CellPosition,
  {
    reach,
    classCount,
    countOf,
  }: { reach: number; classCount: number; countOf: (cell: CellPosition) => number },
): CellPosition {
  const isInside = (index: number): boolean => index >= 0 && index < classCount;
  for (let distance = 0; distance <= reach; distance++)
    for (let down = -distance; down <= distance; down++)
      for (let right = -distance; right <= distance; right++) {
        if (Math.max(Math.abs(down), Math.abs(right)) !== distance) continue;
        const cell: CellPosition = [row + down, column + right];
        if (cell.every(isInside) && countOf(cell) > 0) return cell;
      }
  return [row, column];
}

/** Returns the cell of the matrix of `classCount` classes that an arrow key, Home or End moves to; undefined for other keys. */
export function moveCell(
  key: string,
  [row, column]: CellPosition,
  classCount: number,
): CellPosition | undefined {
  const last = classCount - 1;
  const clamp = (value: number): number => Math.min(last, Math.max(0, value));
  switch (key) {
    case 'ArrowUp':
      return [clamp(row - 1), column];
    case 'ArrowDown':
      return [clamp(row + 1), column];
    case 'ArrowLeft':
      return [row, clamp(column - 1)];
    case 'ArrowRight':
      return [row, clamp(column + 1)];
    case 'Home':
      return [row, 0];
    case 'End':
      return [row, last];
    default:
      return undefined;
  }
}
