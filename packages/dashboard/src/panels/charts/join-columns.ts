/** A value of a curve; undefined means no row here, which a line bridges; null means not finite, which breaks it. */
export type Cell = number | null | undefined;

/** The data of a chart: columns over one unique, ascending x, which comes first. */
export type Columns = [x: number[], ...curves: Cell[][]];

/** Curves over their own unique, ascending x. */
export interface CurveTable {
  x: readonly number[];
  curves: readonly (readonly Cell[])[];
}

/** Joins tables over the union of their x: all curves, in order. Runs each frame, hence loops without iterators. */
export function joinColumns(tables: readonly CurveTable[]): Columns {
  const columns: Columns = [[], ...tables.flatMap(({ curves }) => curves.map((): Cell[] => []))];
  const next = new Int32Array(tables.length);
  for (let row = 0; ; row++) {
    let x = Number.POSITIVE_INFINITY;
    for (let index = 0; index < tables.length; index++) {
      const first = (tables[index] as CurveTable).x[next[index] as number];
      if (first !== undefined && first < x) x = first;
    }
    if (x === Number.POSITIVE_INFINITY) return columns;
    columns[0][row] = x;
    let column = 1;
    for (let index = 0; index < tables.length; index++) {
      const table = tables[index] as CurveTable;
      const at = next[index] as number;
      const here = table.x[at] === x;
      for (let curve = 0; curve < table.curves.length; curve++)
        (columns[column++] as Cell[])[row] = here ? table.curves[curve]?.[at] : undefined;
      if (here) next[index] = at + 1;
    }
  }
}
