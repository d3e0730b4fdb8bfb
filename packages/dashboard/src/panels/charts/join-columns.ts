/**
 * A value of a curve. At undefined (no row, or a row without a value), the line joins the values before and after; at null (a value
 * that is not finite), it breaks.
 */
export type Cell = number | null | undefined;

/** The data of a chart: unique, ascending values of x, then one column per curve. */
export type Columns = [x: number[], ...curves: Cell[][]];

/** Curves with the same unique, ascending values of x. */
export interface CurveTable {
  x: readonly number[];
  curves: readonly (readonly Cell[])[];
}

/** Returns the indices of the values that no line joins to another value. */
export function lonePoints(cells: ArrayLike<Cell>): number[] {
  const lone: number[] = [];
  let last = -1;
  let joined = 0;
  for (let index = 0; index <= cells.length; index++) {
    const cell = index < cells.length ? cells[index] : null;
    if (cell === undefined) continue;
    if (cell !== null) {
      last = index;
      joined++;
      continue;
    }
    if (joined === 1) lone.push(last);
    joined = 0;
  }
  return lone;
}

/** Joins the curves of all tables, in order, over the union of their x. It runs each frame, so it uses no iterators. */
export function joinColumns(tables: readonly CurveTable[]): Columns {
  const columns: Columns = [[], ...tables.flatMap(({ curves }) => curves.map((): Cell[] => []))];
  const nextRows = new Int32Array(tables.length);
  for (let row = 0; ; row++) {
    let x = Number.POSITIVE_INFINITY;
    for (let index = 0; index < tables.length; index++) {
      const nextX = (tables[index] as CurveTable).x[nextRows[index] as number];
      if (nextX !== undefined && nextX < x) x = nextX;
    }
    if (x === Number.POSITIVE_INFINITY) return columns;
    columns[0][row] = x;
    let column = 1;
    for (let index = 0; index < tables.length; index++) {
      const table = tables[index] as CurveTable;
      const nextRow = nextRows[index] as number;
      const hasRow = table.x[nextRow] === x;
      for (let curve = 0; curve < table.curves.length; curve++)
        (columns[column++] as Cell[])[row] = hasRow ? table.curves[curve]?.[nextRow] : undefined;
      if (hasRow) nextRows[index] = nextRow + 1;
    }
  }
}
