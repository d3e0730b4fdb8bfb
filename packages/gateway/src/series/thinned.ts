interface Point {
  x: number;
  y: number;
}

/** What is divided into buckets; points may lie outside and belong to the first or last then. */
export interface Span {
  from: number;
  to: number;
}

/**
 * Points over an ascending x, thinned once they are too many: x is divided into buckets of equal width, and of each
 * the lowest and the highest value stay, the first that is not finite, and at the very end the last point, so that
 * every spike is seen. Memory is bounded, however many points are added.
 *
 * A point whose x is before the last takes the place of all from there on: a run that goes on from a checkpoint
 * repeats steps, and the later ones count.
 */
export class Thinned {
  readonly #span: Span;
  readonly #limit: number;
  readonly #buckets: number;
  /** Every point, until there are too many. */
  #all: Point[] | undefined = [];
  #chosen: Point[] = [];
  #bucket = -1;
  #lowest: Point | undefined;
  #highest: Point | undefined;
  #odd: Point | undefined;
  #last: Point | undefined;

  /** @param limit Of points beside those that are not finite. */
  constructor(span: Span, limit: number) {
    this.#span = span;
    this.#limit = limit;
    this.#buckets = Math.max(1, Math.floor((limit - 1) / 2));
  }

  add(x: number, y: number): void {
    if (this.#last && x < this.#last.x) this.#goBackTo(x);
    const point = { x, y };
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

  /** All points when there are no more than the limit, else those chosen; in the order of x. */
  points(): readonly Point[] {
    if (this.#all) return this.#all;
    this.#closeBucket();
    if (this.#last && this.#chosen.at(-1) !== this.#last) this.#chosen.push(this.#last);
    return this.#chosen;
  }

  #bucketOf(x: number): number {
    const { from, to } = this.#span;
    const bucket = Math.floor(((x - from) / (to - from || 1)) * this.#buckets);
    return Math.max(0, Math.min(this.#buckets - 1, bucket));
  }

  #goBackTo(x: number): void {
    this.#closeBucket();
    for (const points of [this.#chosen, this.#all ?? []])
      while (points.length > 0 && points.at(-1)!.x >= x) points.pop();
  }

  #closeBucket(): void {
    const found = new Set([this.#lowest, this.#highest, this.#odd].filter((point) => point !== undefined));
    this.#chosen.push(...[...found].sort((one, other) => one.x - other.x));
    this.#lowest = this.#highest = this.#odd = undefined;
  }
}
