import type { CurvePoint } from './curve.ts';

/** Bits of a braille character by column and row of its dots. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const emptyCell = 0x2800;

/** The part of the value axis that a chart shows. */
export interface ValueRange {
  low: number;
  high: number;
}

/** Returns the range of the values of a curve; undefined for one without points. */
export function rangeOf(points: readonly CurvePoint[]): ValueRange | undefined {
  if (points.length === 0) return undefined;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const point of points) {
    low = Math.min(low, point.low);
    high = Math.max(high, point.high);
  }
  return { low, high };
}

/**
 * Draws a curve in characters of two by four dots. Neighbouring columns are joined, so that the curve has no holes.
 * @param toUnit Maps a value to its height from 0 to 1.
 * @returns `height` lines of `width` characters, the top one first.
 */
export function drawCurve(
  points: readonly CurvePoint[],
  { width, height }: { width: number; height: number },
  toUnit: (value: number) => number,
): string[] {
  const cells = new Uint16Array(width * height).fill(emptyCell);
  const [columns, rows] = [width * 2, height * 4];
  const [first, last] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0];
  const rowOf = (value: number): number =>
    Math.round((1 - Math.min(1, Math.max(0, toUnit(value)))) * (rows - 1));
  const setDot = (column: number, row: number): void => {
    const cell = (row >> 2) * width + (column >> 1);
    cells[cell] = (cells[cell] ?? emptyCell) | (dots[(column & 1) as 0 | 1][row & 3] ?? 0);
  };
  /** The rows of the column that was drawn last; the next one begins or ends beside them. */
  let joined: { top: number; bottom: number } | undefined;
  const drawColumn = (column: number, top: number, bottom: number): void => {
    const from = joined ? Math.min(top, joined.bottom + 1) : top;
    const to = joined ? Math.max(bottom, joined.top - 1) : bottom;
    for (let row = from; row <= to; row++) setDot(column, row);
    joined = { top, bottom };
  };
  let before: { column: number; top: number; bottom: number } | undefined;
  for (const { x, low, high } of points) {
    const column = last === first ? 0 : Math.round(((x - first) / (last - first)) * (columns - 1));
    const [top, bottom] = [rowOf(high), rowOf(low)];
    const start = before ?? { column, top, bottom };
    for (let at = Math.min(start.column + 1, column); at <= column; at++) {
      const share = column === start.column ? 1 : (at - start.column) / (column - start.column);
      drawColumn(
        at,
        Math.round(start.top + (top - start.top) * share),
        Math.round(start.bottom + (bottom - start.bottom) * share),
      );
    }
    before = { column, top, bottom };
  }
  return Array.from({ length: height }, (_, row) =>
    String.fromCharCode(...cells.subarray(row * width, (row + 1) * width)),
  );
}
