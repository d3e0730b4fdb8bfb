import type { OcclusionMap } from '../../network/occlusion.ts';
import { formatPlural } from '../../state/format.ts';

/** Describes which part of the image an answer rests on: "The answer 7 rests most on the upper left: …". */
export function occlusionSentence({ label, side, drops }: OcclusionMap, classes: readonly string[]): string {
  const largest = Math.max(...drops);
  const name = classes[label] ?? String(label);
  if (largest < 0.01)
    return `The answer ${name} rests on no single part: covering a square lowers its probability by less than one percentage point.`;
  const square = drops.indexOf(largest);
  const third = (at: number): number => Math.min(2, Math.floor((at * 3) / side));
  const [row, column] = [third(Math.floor(square / side)), third(square % side)];
  const place =
    row === 1 && column === 1
      ? 'middle'
      : `${['upper', 'middle', 'lower'][row]} ${['left', 'part', 'right'][column]}`;
  const points = formatPlural(Math.round(100 * largest), 'percentage point', 'percentage points');
  return `The answer ${name} rests most on the ${place}: covering this square lowers its probability by ${points}.`;
}

/**
 * Returns an occlusion map as CSV: for each square its first row and column of pixels, and the change of the probability without
 * it.
 */
export const occlusionCsv = ({ side, drops }: OcclusionMap): string =>
  [
    'row,column,change',
    ...Array.from(
      drops,
      (drop, square) => `${4 * Math.floor(square / side)},${4 * (square % side)},${(-drop).toPrecision(6)}`,
    ),
    '',
  ].join('\n');
