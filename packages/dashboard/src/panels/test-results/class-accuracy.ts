import { accuracyFloor } from '../../state/accuracy-floor.ts';
import type { EpochData } from '../../state/event-data.ts';
import { formatPercent } from '../../state/format.ts';
import { type CountedCell, nonZeroCells } from './confusion-matrix.ts';

/** The results of one class. */
export interface ClassRow {
  label: number;
  name: string;
  /** The accuracy on the images of the class, which is its recall: empty without recall in the epoch, "–" without images. */
  value: string;
  /** Share of the images predicted as the class that belong to it, its precision; empty when not known. */
  precision: string;
  /** Position of the accuracy on the track, from 0 to 1; null when the accuracy is not known. */
  position: number | null;
  /** Position of the previous epoch's accuracy on the track; null when it is not known. */
  previousPosition: number | null;
  /** Change since the previous epoch in percentage points: "+0.3"; empty when the accuracy of either epoch is not known. */
  change: string;
}

/** The results of all classes, on a track from `floor` to 100 %. */
export interface ClassRows {
  floor: number;
  rows: ClassRow[];
}

/** Returns the accuracy and precision of each class in an epoch, and the change of the accuracy since the previous epoch. */
export function classRows(
  classes: readonly string[],
  { test }: EpochData,
  previousEpoch?: EpochData,
): ClassRows {
  const current = recallOf(test, classes.length);
  const previous = recallOf(previousEpoch?.test, classes.length);
  const floor = accuracyFloor([...current, ...previous].filter((value) => typeof value === 'number'));
  const positionOf = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : Math.max(0, (value - floor) / (1 - floor));
  const rows = classes.map((name, label) => ({
    ...{ label, name },
    value: current.length === 0 ? '' : formatPercent(current[label]),
    precision: typeof test?.precision?.[label] === 'number' ? formatPercent(test.precision[label]) : '',
    position: positionOf(current[label]),
    previousPosition: positionOf(previous[label]),
    change: changeOf(current[label], previous[label]),
  }));
  return { floor, rows };
}

/**
 * Returns the accuracy of each class, as published or else from the confusion matrix. A class without images has null; the list is
 * empty without both sources.
 */
export function recallOf(test: EpochData['test'], classCount: number): readonly (number | null)[] {
  const given = test?.perClass ?? test?.recall;
  if (given) return given;
  const cells = nonZeroCells(test);
  if (cells.length === 0) return [];
  const images = imageCounts(cells, classCount);
  const right = new Float64Array(classCount);
  for (const { truth, predicted, count } of cells) if (truth === predicted) right[truth] = count;
  return Array.from(images, (count, label) => (count === 0 ? null : (right[label] as number) / count));
}

/** Returns the number of test images of each class. */
export function imageCounts(cells: readonly CountedCell[], classCount: number): Float64Array {
  const images = new Float64Array(classCount);
  for (const { truth, count } of cells)
    if (truth < classCount) images[truth] = (images[truth] as number) + count;
  return images;
}

function changeOf(current: number | null | undefined, previous: number | null | undefined): string {
  if (current === null || current === undefined || previous === null || previous === undefined) return '';
  const points = Math.round((current - previous) * 1_000) / 10;
  if (points === 0) return '±0.0';
  return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`;
}
