/** The values of one row, by column name; undefined for a value that the row does not have. */
export type Row<Name extends string> = Readonly<Record<Name, number | undefined>>;

/** The parts of a series that curves read. The series may have more columns than `Name` lists. */
export interface ReadonlySeries<Name extends string> {
  readonly x: Float64Array;
  readonly columns: Readonly<Record<Name, Float64Array> & { [column: string]: Float64Array }>;
  readonly length: number;
  readonly generation: number;
  readonly thinned: number;
  readonly known: ReadonlySet<string>;
  readonly sparse: ReadonlySet<string>;
  readonly lowest: ReadonlyMap<string, number>;
}

/** The parts of a series that a file stores. */
export interface SeriesParts {
  x: Float64Array<ArrayBuffer>;
  /** The columns by name, in their order. */
  columns: Readonly<Record<string, Float64Array<ArrayBuffer> | Float32Array>>;
  thinned: number;
  known: readonly string[];
  sparse: readonly string[];
  lowest: readonly (readonly [name: string, value: number])[];
}

/** One column of a series: the first `length` of `values` are in use. */
export interface Column {
  values: Float64Array;
  length: number;
  /** Number that changes when existing rows have changed. */
  generation: number;
}

/**
 * Returns the first row whose value is at least `value`, among the first `length` of an ascending column; `length` if there
 * is none. Takes O(log length).
 */
export function lowerBound(ascending: ArrayLike<number>, length: number, value: number): number {
  let from = 0;
  let to = length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((ascending[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Returns the row whose value is nearest to `value`, among the first `length` of an ascending column; -1 when empty. */
export function nearest(ascending: ArrayLike<number>, length: number, value: number): number {
  const after = lowerBound(ascending, length, value);
  if (after === 0 || after === length) return Math.min(after, length - 1);
  const [left, right] = [ascending[after - 1] as number, ascending[after] as number];
  return value - left < right - value ? after - 1 : after;
}

/** Number of rows at which the older ones are thinned: with x and 7 columns of 8 bytes each, 34 MB. */
const defaultLimit = 2 ** 19;

/** Mean number of rows in a cell at the first thinning: twice the maximum number that is kept. */
const rowsPerCell = 6;

/**
 * Columns of numbers over one x that is unique and ascending. Appending costs O(1), amortised. A row whose x is not
 * above the last replaces the row at that x and all after it: a run that resumes from a checkpoint repeats steps.
 */
export class Series<Name extends string> {
  x: Float64Array<ArrayBuffer>;
  readonly columns: Record<Name, Float64Array<ArrayBuffer>>;
  length = 0;
  /** Number that changes when existing rows have changed: anything derived from them must be computed again. */
  generation = 0;
  /** Number of rows removed by thinning. */
  thinned = 0;
  /** Columns that have had a value in at least one row. */
  readonly known: Set<Name> = new Set();
  /** Columns that had no value in at least one row, and contain NaN there. A value that is NaN looks the same. */
  readonly sparse: Set<Name> = new Set();
  /** The lowest value that each column has had. */
  readonly lowest: Map<Name, number> = new Map();
  readonly #names: readonly Name[];
  readonly #limit: number;

  /** @param names The first column decides which rows are kept when the series is thinned. */
  constructor(names: readonly [Name, ...Name[]], limit = defaultLimit, capacity = 1_024) {
    this.#names = names;
    this.#limit = limit;
    this.x = new Float64Array(capacity);
    this.columns = Object.fromEntries(names.map((name) => [name, new Float64Array(capacity)])) as Record<
      Name,
      Float64Array<ArrayBuffer>
    >;
  }

  append(x: number, row: Row<Name>): void {
    if (this.length > 0 && x <= (this.x[this.length - 1] as number)) {
      this.length = lowerBound(this.x, this.length, x);
      this.generation++;
    }
    if (this.length >= this.#limit) this.#thinOlderRows();
    if (this.length === this.x.length) this.#grow();
    this.x[this.length] = x;
    for (const name of this.#names) this.#set(name, row[name]);
    this.length++;
  }

  /** Returns a column's value in the last row at or before `x`; undefined when there is none. */
  at(name: Name, x: number): number | undefined {
    const next = lowerBound(this.x, this.length, x);
    const row = next < this.length && this.x[next] === x ? next : next - 1;
    return row < 0 ? undefined : this.columns[name][row];
  }

  /** Lowers the values of an ascending column to at most `max`. */
  clampToMax(name: Name, max: number): void {
    const values = this.columns[name];
    const from = lowerBound(values, this.length, max);
    if (from === this.length) return;
    values.fill(max, from, this.length);
    this.generation++;
  }

  /** Returns the latest value of a column; undefined while the series is empty. */
  last(name: Name): number | undefined {
    return this.length === 0 ? undefined : this.columns[name][this.length - 1];
  }

  /** Returns a copy that later rows do not change. */
  copy(): Series<Name> {
    return Series.of(this.parts(), this.#limit);
  }

  /** Returns a copy of at most `limit` rows, thinned as a series with this limit would be. */
  thinnedCopy(limit: number): Series<Name> {
    if (this.length <= limit) return this.copy();
    const copy = new Series<Name>(this.#names as [Name, ...Name[]], limit);
    for (let row = 0; row < this.length; row++) {
      const values = this.#names.map((name) => [name, this.columns[name][row]]);
      copy.append(this.x[row] as number, Object.fromEntries(values) as Record<Name, number>);
    }
    return Series.of({ ...copy.parts(), ...this.#marks(), thinned: this.thinned + copy.thinned });
  }

  /** Returns what a file stores of the series. */
  parts(): SeriesParts {
    return {
      x: this.x.slice(0, this.length),
      columns: Object.fromEntries(
        this.#names.map((name) => [name, this.columns[name].slice(0, this.length)]),
      ),
      thinned: this.thinned,
      ...this.#marks(),
    };
  }

  /** Returns a series with these parts. */
  static of<Name extends string>(parts: SeriesParts, limit = defaultLimit): Series<Name> {
    const { x, columns, thinned, known, sparse, lowest } = parts;
    const series = new Series<Name>(Object.keys(columns) as [Name, ...Name[]], limit, 0);
    series.x = x;
    for (const [name, values] of Object.entries(columns))
      series.columns[name as Name] = values instanceof Float64Array ? values : Float64Array.from(values);
    series.length = x.length;
    series.thinned = thinned;
    for (const name of known) series.known.add(name as Name);
    for (const name of sparse) series.sparse.add(name as Name);
    for (const [name, value] of lowest) series.lowest.set(name as Name, value);
    return series;
  }

  #marks(): Pick<SeriesParts, 'known' | 'sparse' | 'lowest'> {
    return { known: [...this.known], sparse: [...this.sparse], lowest: [...this.lowest] };
  }

  #set(name: Name, value: number | undefined): void {
    this.columns[name][this.length] = value ?? Number.NaN;
    if (value === undefined) this.sparse.add(name);
    else this.known.add(name);
    if (value !== undefined && value < (this.lowest.get(name) ?? Number.POSITIVE_INFINITY))
      this.lowest.set(name, value);
  }

  #grow(): void {
    const longer = (values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(Math.max(64, values.length * 2));
      grown.set(values);
      return grown;
    };
    this.x = longer(this.x);
    for (const name of this.#names) this.columns[name] = longer(this.columns[name]);
  }

  /**
   * Removes at least half of the rows before the newest eighth. Divides their range of x into cells of equal width, and keeps up to
   * three rows of each: those with the lowest, the highest and the first non-finite value of the first column. So spikes survive,
   * and however often a long run is thinned, its rows stay evenly spaced over x.
   */
  #thinOlderRows(): void {
    const end = this.length - (this.length >>> 3);
    const values = this.columns[this.#names[0] as Name];
    const start = this.x[0] as number;
    const cellWidth = ((this.x[end] as number) - start) / Math.floor(end / rowsPerCell);
    const cellOf = (row: number): number => Math.floor(((this.x[row] as number) - start) / cellWidth);
    let kept = 1;
    let row = 1;
    while (row < end) {
      const cell = cellOf(row);
      let lowest = -1;
      let highest = -1;
      let nonFinite = -1;
      for (; row < end && cellOf(row) === cell; row++) {
        const value = values[row] as number;
        if (!Number.isFinite(value)) nonFinite = nonFinite < 0 ? row : nonFinite;
        else {
          if (lowest < 0 || value < (values[lowest] as number)) lowest = row;
          if (highest < 0 || value > (values[highest] as number)) highest = row;
        }
      }
      const chosen = new Set([lowest, highest, nonFinite].filter((each) => each >= 0).sort((a, b) => a - b));
      for (const each of chosen) this.#move(each, kept++);
    }
    for (; row < this.length; row++) this.#move(row, kept++);
    this.thinned += this.length - kept;
    this.length = kept;
    this.generation++;
  }

  #move(from: number, to: number): void {
    this.x[to] = this.x[from] as number;
    for (const name of this.#names) this.columns[name][to] = this.columns[name][from] as number;
  }
}
