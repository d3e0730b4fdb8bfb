import type { EpochData } from '@mnist-monitor/shared/browser';
import { formatCount, formatPlural } from '../../state/format.ts';

type Matrix = EpochData['test']['confusion'];

export interface ConfusionCell {
  truth: number;
  predicted: number;
  count: number;
  /** Strength of the colour from 0 to 1; of mistakes only, so that the diagonal does not drown them. */
  heat: number;
}

/** The matrix, row by row (true classes), with how strongly each mistake is to be coloured. */
export function confusionCells(matrix: Matrix): ConfusionCell[][] {
  const worst = Math.max(
    1,
    ...matrix.flatMap((row, truth) => row.filter((_, predicted) => predicted !== truth)),
  );
  return matrix.map((row, truth) =>
    row.map((count, predicted) => ({
      truth,
      predicted,
      count,
      // The root: one mistake is still to be seen beside thirty.
      heat: predicted === truth ? 0 : Math.sqrt(count / worst),
    })),
  );
}

/** "7 read as 2: 5 times". */
export function confusionSentence(
  { truth, predicted, count }: Omit<ConfusionCell, 'heat'>,
  classes: readonly string[],
): string {
  const of = classes[truth] ?? String(truth);
  if (truth === predicted)
    return `${of} read as ${of}, which is right: ${formatPlural(count, 'time', 'times')}`;
  return `${of} read as ${classes[predicted] ?? predicted}: ${formatPlural(count, 'time', 'times')}`;
}

/** How many of a cell's images can be shown, where not all can: "3 of the 5 are among the samples". */
export function cellNote(count: number, shown: number): string {
  if (count === 0) return '';
  if (shown === 0) return 'None of them is among the samples of this epoch.';
  return shown >= count
    ? ''
    : `${formatCount(shown)} of the ${formatCount(count)} ${shown === 1 ? 'is' : 'are'} among the samples of this epoch.`;
}

/** The most frequent mistakes, most frequent first. */
export function worstMistakes(matrix: Matrix, limit: number): ConfusionCell[] {
  return confusionCells(matrix)
    .flat()
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit);
}

/** How many test images were read wrongly, and of how many. */
export function mistakeCount(matrix: Matrix): { wrong: number; total: number } {
  let wrong = 0;
  let total = 0;
  for (const { truth, predicted, count } of confusionCells(matrix).flat()) {
    total += count;
    if (truth !== predicted) wrong += count;
  }
  return { wrong, total };
}

/** Where an arrow key leads within the matrix; undefined for any other key. */
export function moveCell(
  key: string,
  [row, column]: readonly [number, number],
): [number, number] | undefined {
  const clamp = (value: number): number => Math.min(9, Math.max(0, value));
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
      return [row, 9];
    default:
      return undefined;
  }
}
