import { thin } from '../state/thin.ts';

/** Undefined means "none here", which a line passes over; null means "not a finite number", which breaks it. */
type Cell = number | null | undefined;

/** What a chart is drawn from: columns over one ascending, unique x. */
export type Rows = [x: number[], raw: Cell[], smooth: Cell[], points: Cell[]];

export interface RowsInput {
  /** x, raw and smooth run in parallel, filled up to `length`. */
  x: Float64Array;
  raw: Float64Array;
  smooth: Float64Array;
  length: number;
  /** Sparse points of another curve, x ascending: one an epoch. */
  points: readonly { x: number; y: number }[];
  /** Room on the screen, in pixels. */
  width: number;
}

/** Joins the dense curve, thinned to what the screen can show, and the sparse one. */
export function joinRows({ x, raw, smooth, length, points, width }: RowsInput): Rows {
  const rows: Rows = [[], [], [], []];
  const push = (at: number, ...cells: [raw: Cell, smooth: Cell, point: Cell]): void => {
    rows[0].push(at);
    rows[1].push(cells[0]);
    rows[2].push(cells[1]);
    rows[3].push(cells[2]);
  };
  let next = 0;
  const pushPointsBefore = (limit: number): void => {
    for (let point = points[next]; point && point.x < limit; point = points[++next])
      push(point.x, undefined, undefined, finite(point.y));
  };
  for (const row of thin(raw, length, Math.max(1, Math.floor(width)))) {
    const at = x[row] as number;
    pushPointsBefore(at);
    const point = points[next]?.x === at ? points[next++] : undefined;
    push(at, finite(raw[row]), finite(smooth[row]), point && finite(point.y));
  }
  pushPointsBefore(Number.POSITIVE_INFINITY);
  return rows;
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
