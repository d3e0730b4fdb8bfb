/** A drawing in grey: 0 is ground, 255 is full ink; row by row. */
export interface Drawing {
  width: number;
  height: number;
  values: ArrayLike<number>;
}

/** Side of an image as the network takes it, and of the box that a digit fills in it. */
const side = 28;
const box = 20;

/**
 * Brings a drawing into the form of the images that the network has learned from: the digit fills a box of 20 × 20, and
 * its centre of mass stands in the middle of 28 × 28. Values from 0 to 1; null when nothing is drawn.
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 */
export function normalizeDigit(drawing: Drawing): Float32Array<ArrayBuffer> | null {
  const bounds = boundsOf(drawing);
  if (!bounds) return null;
  const size = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top);
  const small = shrink(drawing, bounds, size / box);
  const mass = massOf(small);
  const image = new Float32Array(side * side);
  // Pixels lie around half numbers: the middle of 28 of them is 14, that of the first is 0.5.
  const [shiftX, shiftY] = [Math.round(side / 2 - mass.x), Math.round(side / 2 - mass.y)];
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++) {
      const [toX, toY] = [x + shiftX, y + shiftY];
      if (toX < 0 || toY < 0 || toX >= side || toY >= side) continue;
      image[toY * side + toX] = (small.values[y * small.width + x] as number) / 255;
    }
  return image;
}

interface Bounds {
  left: number;
  top: number;
  /** Behind the last column and row. */
  right: number;
  bottom: number;
}

function boundsOf({ width, height, values }: Drawing): Bounds | null {
  const bounds = { left: width, top: height, right: 0, bottom: 0 };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if ((values[y * width + x] as number) < 32) continue; // Fainter than that is the soft edge of a stroke.
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x + 1);
      bounds.top = Math.min(bounds.top, y);
      bounds.bottom = Math.max(bounds.bottom, y + 1);
    }
  return bounds.right === 0 ? null : bounds;
}

/** What lies within the bounds, `scale` times smaller: each pixel is the mean of those that it stands for. */
function shrink(drawing: Drawing, bounds: Bounds, scale: number): Drawing {
  const width = Math.max(1, Math.round((bounds.right - bounds.left) / scale));
  const height = Math.max(1, Math.round((bounds.bottom - bounds.top) / scale));
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      values[y * width + x] = meanOf(drawing, {
        left: bounds.left + x * scale,
        right: bounds.left + (x + 1) * scale,
        top: bounds.top + y * scale,
        bottom: bounds.top + (y + 1) * scale,
      });
  return { width, height, values };
}

function meanOf({ width, height, values }: Drawing, { left, right, top, bottom }: Bounds): number {
  let sum = 0;
  for (let y = Math.floor(top); y < Math.min(height, bottom); y++)
    for (let x = Math.floor(left); x < Math.min(width, right); x++) {
      const covered =
        (Math.min(x + 1, right) - Math.max(x, left)) * (Math.min(y + 1, bottom) - Math.max(y, top));
      sum += (values[y * width + x] as number) * covered;
    }
  return sum / ((right - left) * (bottom - top));
}

function massOf({ width, values }: Drawing): { x: number; y: number } {
  let [sum, x, y] = [0, 0, 0];
  for (const [at, value] of Array.from(values).entries()) {
    sum += value;
    x += value * ((at % width) + 0.5);
    y += value * (Math.floor(at / width) + 0.5);
  }
  return { x: x / sum, y: y / sum };
}
