/** Most points of a curve; more of them are merged in pairs. */
const maxPoints = 4_096;

/** The lowest and the highest value of some consecutive steps. */
export interface CurvePoint {
  /** The first of these steps. */
  x: number;
  low: number;
  high: number;
}

/** A curve of any number of steps in bounded memory, in which every spike stays. */
export class Curve {
  points: CurvePoint[] = [];
  /** The last value that was added; NaN before the first. */
  last = Number.NaN;
  #valuesPerPoint = 1;
  #valuesOfLast = 0;

  /** Adds the value of a step. Values that are not finite have no place on the curve. */
  add(x: number, value: number): void {
    this.last = value;
    if (!Number.isFinite(value)) return;
    const point = this.points.at(-1);
    if (point && this.#valuesOfLast < this.#valuesPerPoint) {
      point.low = Math.min(point.low, value);
      point.high = Math.max(point.high, value);
      this.#valuesOfLast++;
    } else {
      this.points.push({ x, low: value, high: value });
      this.#valuesOfLast = 1;
    }
    if (this.points.length > maxPoints) this.#mergePairs();
  }

  #mergePairs(): void {
    const merged: CurvePoint[] = [];
    for (let at = 0; at < this.points.length; at += 2) {
      const first = this.points[at] as CurvePoint;
      const second = this.points[at + 1] ?? first;
      merged.push({
        x: first.x,
        low: Math.min(first.low, second.low),
        high: Math.max(first.high, second.high),
      });
    }
    this.points = merged;
    this.#valuesPerPoint *= 2;
    this.#valuesOfLast = this.#valuesPerPoint;
  }
}
