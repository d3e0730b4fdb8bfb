/** Undefined means "none here", which a line passes over; null means "not a finite number", which breaks it. */
export type Cell = number | null | undefined;

/** What a chart is drawn from: columns over one ascending, unique x, which comes first. */
export type Columns = [x: number[], ...curves: Cell[][]];

/** Some curves over an x of their own, ascending and unique. */
export interface Part {
  x: readonly number[];
  curves: readonly (readonly Cell[])[];
}

/** Joins parts over one x: the curves of all of them, in their order. */
export function joinColumns(parts: readonly Part[]): Columns {
  const columns: Columns = [[], ...parts.flatMap(({ curves }) => curves.map((): Cell[] => []))];
  const next = parts.map(() => 0);
  for (;;) {
    let x = Number.POSITIVE_INFINITY;
    for (const [index, part] of parts.entries())
      x = Math.min(x, part.x[next[index] as number] ?? Number.POSITIVE_INFINITY);
    if (x === Number.POSITIVE_INFINITY) return columns;
    columns[0].push(x);
    let column = 1;
    for (const [index, part] of parts.entries()) {
      const at = next[index] as number;
      const here = part.x[at] === x;
      for (const curve of part.curves) (columns[column++] as Cell[]).push(here ? curve[at] : undefined);
      if (here) next[index] = at + 1;
    }
  }
}
