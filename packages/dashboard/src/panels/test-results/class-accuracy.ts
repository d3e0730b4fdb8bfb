import type { EpochData } from '@mnist-monitor/shared/browser';
import { formatPercent } from '../../state/format.ts';
import { accuracyFloor } from '../charts/y-range.ts';

/** Accuracy of one class. */
export interface ClassRow {
  name: string;
  value: string;
  /** Place of the dot on its track, from 0 to 1; null when the test set has no such image. */
  at: number | null;
  /** Place of the epoch before. */
  before: number | null;
  /** Change since the epoch before in percentage points: "+0.3"; empty when there is none. */
  change: string;
}

/** All classes on one track, which begins at `floor` and ends at 100 %. */
export interface ClassRows {
  floor: number;
  rows: ClassRow[];
}

export function classRows(classes: readonly string[], epochs: readonly EpochData[]): ClassRows {
  const latest = epochs.at(-1)?.test.perClass ?? [];
  const before = epochs.at(-2)?.test.perClass ?? [];
  const shown = [...latest, ...before].filter((value) => value !== null);
  const floor = accuracyFloor(shown);
  const place = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : (value - floor) / (1 - floor);
  const rows = classes.map((name, index) => ({
    name,
    value: formatPercent(latest[index]),
    at: place(latest[index]),
    before: place(before[index]),
    change: changeOf(latest[index], before[index]),
  }));
  return { floor, rows };
}

function changeOf(now: number | null | undefined, before: number | null | undefined): string {
  if (now === null || now === undefined || before === null || before === undefined) return '';
  const points = Math.round((now - before) * 1_000) / 10;
  if (points === 0) return '±0.0';
  return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`;
}

/** Short names for where there is room for a digit only: the classes' own, or their numbers. */
export function tickLabels(classes: readonly string[]): string[] {
  const short = classes.every((name) => name.length <= 2);
  return classes.map((name, index) => (short ? name : String(index)));
}
