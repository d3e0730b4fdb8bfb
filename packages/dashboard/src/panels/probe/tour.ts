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
 * A projection: for each dimension its axis in the plane, [x, y]. The vectors of all x and of all y are orthonormal, except with two
 * dimensions: then y is 0 at first.
 */
export type Axes = readonly (readonly [x: number, y: number])[];

/** Returns a projection whose axes are spread evenly over the circle. */
export function evenAxes(dimensions: number): Axes {
  const length = Math.sqrt(2 / dimensions);
  return Array.from({ length: dimensions }, (_, dimension) => {
    const angle = (2 * Math.PI * dimension) / dimensions;
    return [Math.cos(angle) * length, Math.sin(angle) * length];
  });
}

/** Returns a projection after it has turned for a time. */
export function turned(start: Axes, seconds: number): Axes {
  const axes = start.map(([x, y]): [number, number] => [x, y]);
  for (let plane = 0; plane + 1 < axes.length; plane++) {
    const angle = seconds * (speeds[plane % speeds.length] as number);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [[ax, ay], [bx, by]] = [axes[plane], axes[plane + 1]] as [[number, number], [number, number]];
    axes[plane] = [cos * ax - sin * bx, cos * ay - sin * by];
    axes[plane + 1] = [sin * ax + cos * bx, sin * ay + cos * by];
  }
  return axes;
}

/** The longest axis that can be set: with an axis of length 1, the others leave no room for a second direction. */
const longestAxis = 0.98;

/**
 * Returns a projection in which an axis has a new position; the others move as little as they must for the columns to stay
 * orthonormal. Source: Li, Zhao and Scheidegger 2020, "Visualizing neural networks with the Grand Tour".
 */
export function withAxis(axes: Axes, dimension: number, position: readonly [x: number, y: number]): Axes {
  const [x0, y0] = axes[dimension] as Axes[number];
  const room = 1 - x0 * x0 - y0 * y0;
  // With only two classes, the axes are opposite and cannot move apart.
  if (room < 1e-9) return axes;
  const shrink = Math.min(1, longestAxis / (Math.hypot(...position) || 1));
  const [x1, y1] = [position[0] * shrink, position[1] * shrink];
  // The products of the columns are I; without the axis p they are I - p pᵀ. The other axes are multiplied by the inverse root of
  // this matrix for the old p, and by its root for the new p.
  const stretch = factorAlong(x0, y0, 1 / Math.sqrt(room));
  const shorten = factorAlong(x1, y1, Math.sqrt(1 - x1 * x1 - y1 * y1));
  return axes.map(([x, y], each) => {
    if (each === dimension) return [x1, y1];
    const before = stretch * (x * x0 + y * y0);
    const [u, v] = [x + before * x0, y + before * y0];
    const after = shorten * (u * x1 + v * y1);
    return [u + after * x1, v + after * y1];
  });
}

/** Returns c, with which I + c p pᵀ multiplies vectors along p = [x, y] by a factor, and does not change vectors across p. */
function factorAlong(x: number, y: number, factor: number): number {
  const squared = x * x + y * y;
  return squared === 0 ? 0 : (factor - 1) / squared;
}

/**
 * Projects points to the plane.
 * @param values [points, dimensions]
 * @returns [points, 2]: x and y of each point.
 */
export function project(values: Float32Array, axes: Axes): Float32Array {
  const dimensions = axes.length;
  const points = new Float32Array((values.length / dimensions) * 2);
  for (let point = 0; point * 2 < points.length; point++) {
    let [x, y] = [0, 0];
    for (let dimension = 0; dimension < dimensions; dimension++) {
      const value = values[point * dimensions + dimension] as number;
      const [ax, ay] = axes[dimension] as Axes[number];
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

/** Scales coordinates to a square canvas with the origin in its middle, and moves coordinates outside of the canvas to its edge. */
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
