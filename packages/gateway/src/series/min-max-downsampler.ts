interface Point {
  /** How many came before it. */
  at: number;
  x: number;
  y: number;
}

/** What is divided into buckets; points may lie outside and belong to the first or last then. */
export interface AxisRange {
  from: number;
  to: number;
}

/**
 * Points over an ascending x, thinned once they are too many: x is divided into buckets of equal width, and of each
 * the lowest and the highest value stay, the first that is not finite, and at the very end the last point where there
 * is room for it, so that every spike is seen. Memory is bounded, however many points are added.
 */
export class MinMaxDownsampler {
  readonly #span: AxisRange;
  readonly #limit: number;
  readonly #buckets: number;
  /** Every point, until there are too many. */
  #all: Point[] | undefined = [];
  readonly #chosen: Point[] = [];
  #count = 0;
  #bucket = -1;
  #lowest: Point | undefined;
  #highest: Point | undefined;
  #odd: Point | undefined;
  #last: Point | undefined;

  /** @param limit Of points beside those that are not finite; at least 2. */
  constructor(span: AxisRange, limit: number) {
    this.#span = span;
    this.#limit = limit;
    this.#buckets = Math.max(1, Math.floor((limit - 1) / 2));
  }

  /** @param x Not below the last one. */
  add(x: number, y: number): void {
    const point = { at: this.#count++, x, y };
    this.#last = point;
    if (this.#all && this.#all.push(point) > this.#limit) this.#all = undefined;
    const bucket = this.#bucketOf(x);
    if (bucket !== this.#bucket) this.#closeBucket();
    this.#bucket = bucket;
    if (!Number.isFinite(y)) this.#odd ??= point;
    else {
      if (!this.#lowest || y < this.#lowest.y) this.#lowest = point;
      if (!this.#highest || y > this.#highest.y) this.#highest = point;
    }
  }

  /** All points when there are no more than the limit, else those chosen; in the order in which they came. */
  points(): readonly Point[] {
    if (this.#all) return this.#all;
    this.#closeBucket();
    const last = this.#last!;
    const hasRoom = !Number.isFinite(last.y) || this.#chosen.filter(isFinitePoint).length < this.#limit;
    if (this.#chosen.at(-1) !== last && hasRoom) this.#chosen.push(last);
    return this.#chosen;
  }

  #bucketOf(x: number): number {
    const { from, to } = this.#span;
    const bucket = Math.floor(((x - from) / (to - from || 1)) * this.#buckets);
    return Math.max(0, Math.min(this.#buckets - 1, bucket));
  }

  #closeBucket(): void {
    const found = new Set([this.#lowest, this.#highest, this.#odd].filter((point) => point !== undefined));
    this.#chosen.push(...[...found].sort((one, other) => one.at - other.at));
    this.#lowest = this.#highest = this.#odd = undefined;
  }
}

const isFinitePoint = ({ y }: Point): boolean => Number.isFinite(y);
