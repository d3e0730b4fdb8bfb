interface Point {
  /** The index of the point, from 0. */
  index: number;
  x: number;
  y: number;
}

/** The part of the axis that is divided into buckets. Points outside belong to the first or the last bucket. */
export interface AxisRange {
  from: number;
  to: number;
}

/**
 * Reduces points over an ascending x to a limit, in bounded memory. Beyond the limit, x is divided into buckets of equal
 * width, and each keeps its minimum, its maximum and its first value that is not finite, so that every spike stays
 * visible. The last point is kept when there is room for it.
 */
export class MinMaxDownsampler {
  readonly #range: AxisRange;
  readonly #limit: number;
  readonly #buckets: number;
  /** All points; undefined once they exceed the limit. */
  #all: Point[] | undefined = [];
  readonly #chosen: Point[] = [];
  #count = 0;
  #bucket = -1;
  #minimum: Point | undefined;
  #maximum: Point | undefined;
  #notFinite: Point | undefined;
  #last: Point | undefined;

  /** @param limit The maximum number of finite points; at least 2. */
  constructor(range: AxisRange, limit: number) {
    this.#range = range;
    this.#limit = limit;
    this.#buckets = Math.max(1, Math.floor((limit - 1) / 2));
  }

  /** @param x At least the x of the previous point. */
  add(x: number, y: number): void {
    const point = { index: this.#count++, x, y };
    this.#last = point;
    if (this.#all && this.#all.push(point) > this.#limit) this.#all = undefined;
    const bucket = this.#bucketOf(x);
    if (bucket !== this.#bucket) this.#closeBucket();
    this.#bucket = bucket;
    if (!Number.isFinite(y)) this.#notFinite ??= point;
    else {
      if (!this.#minimum || y < this.#minimum.y) this.#minimum = point;
      if (!this.#maximum || y > this.#maximum.y) this.#maximum = point;
    }
  }

  /** Returns all points, or those chosen when there are more than the limit, in the order in which they were added. */
  points(): readonly Point[] {
    if (this.#all) return this.#all;
    this.#closeBucket();
    const last = this.#last!;
    const hasRoom = !Number.isFinite(last.y) || this.#chosen.filter(isFinitePoint).length < this.#limit;
    if (this.#chosen.at(-1) !== last && hasRoom) this.#chosen.push(last);
    return this.#chosen;
  }

  #bucketOf(x: number): number {
    const { from, to } = this.#range;
    const bucket = Math.floor(((x - from) / (to - from || 1)) * this.#buckets);
    return Math.max(0, Math.min(this.#buckets - 1, bucket));
  }

  #closeBucket(): void {
    const found = new Set(
      [this.#minimum, this.#maximum, this.#notFinite].filter((point) => point !== undefined),
    );
    this.#chosen.push(...[...found].sort((one, other) => one.index - other.index));
    this.#minimum = this.#maximum = this.#notFinite = undefined;
  }
}

const isFinitePoint = ({ y }: Point): boolean => Number.isFinite(y);
