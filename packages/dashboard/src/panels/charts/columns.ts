/** Undefined means "none here", which a line passes over; null means "not a finite number", which breaks it. */
export type Cell = number | null | undefined;

/** What a chart is drawn from: columns over one ascending, unique x, which comes first. */
export type Columns = [x: number[], ...curves: Cell[][]];

/** Some curves over an x of their own, ascending and unique. */
export interface Part {
  x: readonly number[];
  curves: readonly (readonly Cell[])[];
}

/** Joins parts over one x: the curves of all of them, in their order. Runs in each frame, and so without iterators. */
export function joinColumns(parts: readonly Part[]): Columns {
  const columns: Columns = [[], ...parts.flatMap(({ curves }) => curves.map((): Cell[] => []))];
  const next = new Int32Array(parts.length);
  for (let row = 0; ; row++) {
    let x = Number.POSITIVE_INFINITY;
    for (let index = 0; index < parts.length; index++) {
      const first = (parts[index] as Part).x[next[index] as number];
      if (first !== undefined && first < x) x = first;
    }
    if (x === Number.POSITIVE_INFINITY) return columns;
    columns[0][row] = x;
    let column = 1;
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] as Part;
      const at = next[index] as number;
      const here = part.x[at] === x;
      for (let curve = 0; curve < part.curves.length; curve++)
        (columns[column++] as Cell[])[row] = here ? part.curves[curve]?.[at] : undefined;
      if (here) next[index] = at + 1;
    }
  }
}
