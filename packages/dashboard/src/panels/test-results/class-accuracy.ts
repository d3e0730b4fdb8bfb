import { accuracyFloor } from '../../state/accuracy-floor.ts';
import type { EpochData } from '../../state/complete-data.ts';
import { formatPercent } from '../../state/format.ts';

/** The test accuracy of one class. */
export interface ClassRow {
  name: string;
  value: string;
  /** Position of the accuracy on the track, from 0 to 1; null when the test set has no image of the class. */
  position: number | null;
  /** Position of the previous epoch's accuracy on the track. */
  previousPosition: number | null;
  /** Change since the previous epoch in percentage points: "+0.3"; empty in the first epoch. */
  change: string;
}

/** The test accuracies of all classes, on a track from `floor` to 100 %. */
export interface ClassRows {
  floor: number;
  rows: ClassRow[];
}

/** Returns the accuracy of each class in an epoch and its change since the previous epoch. */
export function classRows(
  classes: readonly string[],
  epoch: EpochData,
  previousEpoch?: EpochData,
): ClassRows {
  const current = epoch.test.perClass;
  const previous = previousEpoch?.test.perClass ?? [];
  const floor = accuracyFloor([...current, ...previous].filter((value) => value !== null));
  const positionOf = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : (value - floor) / (1 - floor);
  const rows = classes.map((name, index) => ({
    name,
    value: formatPercent(current[index]),
    position: positionOf(current[index]),
    previousPosition: positionOf(previous[index]),
    change: changeOf(current[index], previous[index]),
  }));
  return { floor, rows };
}

function changeOf(current: number | null | undefined, previous: number | null | undefined): string {
  if (current === null || current === undefined || previous === null || previous === undefined) return '';
  const points = Math.round((current - previous) * 1_000) / 10;
  if (points === 0) return '±0.0';
  return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`;
}
