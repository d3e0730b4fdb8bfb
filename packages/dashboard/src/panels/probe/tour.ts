/**
 * A slowly turning linear projection to two dimensions: a Grand Tour (Asimov 1985). Because the projection is linear, points
 * move only with the rotation, whose speed is constant, and with the data.
 */

/**
 * Angular speeds of the planes of rotation in radians per second, used again from the tenth plane on. Their ratios are irrational,
 * so no view repeats.
 */
const speeds = [2, 3, 5, 7, 11, 13, 17, 19, 23].map((prime) => 0.02 * Math.sqrt(prime));

/**
 * Returns the projection at a time: for each dimension its axis in the plane, [x, y]. At 0 s the axes are spread evenly over the
 * circle. The vectors of all x and of all y are orthonormal at any time, except with two dimensions: then y is always 0.
 */
export function tourAxes(dimensions: number, seconds: number): [x: number, y: number][] {
  const length = Math.sqrt(2 / dimensions);
  const axes = Array.from({ length: dimensions }, (_, dimension): [number, number] => {
    const angle = (2 * Math.PI * dimension) / dimensions;
    return [Math.cos(angle) * length, Math.sin(angle) * length];
  });
  for (let plane = 0; plane + 1 < dimensions; plane++) {
    const angle = seconds * (speeds[plane % speeds.length] as number);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [[ax, ay], [bx, by]] = [axes[plane], axes[plane + 1]] as [[number, number], [number, number]];
    axes[plane] = [cos * ax - sin * bx, cos * ay - sin * by];
    axes[plane + 1] = [sin * ax + cos * bx, sin * ay + cos * by];
  }
  return axes;
}

/**
 * Projects points to the plane.
 * @param values [points, dimensions]
 * @returns [points, 2]: x and y of each point.
 */
export function project(values: Float32Array, axes: readonly [x: number, y: number][]): Float32Array {
  const dimensions = axes.length;
  const points = new Float32Array((values.length / dimensions) * 2);
  for (let point = 0; point * 2 < points.length; point++) {
    let [x, y] = [0, 0];
    for (let dimension = 0; dimension < dimensions; dimension++) {
      const value = values[point * dimensions + dimension] as number;
      const [ax, ay] = axes[dimension] as [number, number];
      x += value * ax;
      y += value * ay;
    }
    points[point * 2] = x;
    points[point * 2 + 1] = y;
  }
  return points;
}

/** Minimum distance in pixels between a point and the edge of the canvas, so that the name written there is not cut. */
const edge = 10;

/** Scales coordinates to a square canvas with the origin in its middle, and moves those outside of it to its edge. */
export const toCanvas = (coordinates: Float32Array, side: number, scale: number): Float32Array =>
  coordinates.map((value) => Math.min(side - edge, Math.max(edge, side / 2 + value * scale)));

/** Subtracts from the logits of each image their mean, which does not change the probabilities. */
export function centered(logits: Float32Array, classes: number): Float32Array {
  const values = new Float32Array(logits.length);
  for (let from = 0; from < logits.length; from += classes) {
    let sum = 0;
    for (let at = from; at < from + classes; at++) sum += logits[at] as number;
    for (let at = from; at < from + classes; at++) values[at] = (logits[at] as number) - sum / classes;
  }
  return values;
}

/** Returns the largest distance of a point from the origin, which no projection exceeds; 1 if all points are at the origin. */
export function radiusOf(values: Float32Array, dimensions: number): number {
  let largest = 0;
  for (let from = 0; from < values.length; from += dimensions) {
    let sum = 0;
    for (let at = from; at < from + dimensions; at++) sum += (values[at] as number) ** 2;
    largest = Math.max(largest, sum);
  }
  return Math.sqrt(largest) || 1;
}
