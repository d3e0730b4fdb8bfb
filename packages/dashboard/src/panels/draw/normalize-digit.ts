/** A grey image, row by row: 0 is background, 255 is full ink. */
export interface GreyImage {
  width: number;
  height: number;
  values: ArrayLike<number>;
}

/** Side of an image of MNIST, in pixels. */
const side = 28;
/** Side of the box that the digit fills in an image of MNIST, in pixels. */
const box = 20;
/** Lowest grey value that counts as ink: fainter pixels are the soft edge of a stroke. */
const inkThreshold = 32;

/**
 * Normalizes a drawn digit in the same way as the images of MNIST: scaled to a box of 20 × 20 pixels, with its centre of
 * mass in the middle of 28 × 28.
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 * @returns 784 values from 0 to 1, row by row; null when the drawing is empty.
 */
export function normalizeDigit(drawing: GreyImage): Float32Array<ArrayBuffer> | null {
  const bounds = boundsOf(drawing);
  if (!bounds) return null;
  const size = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top);
  const digit = rescale(drawing, bounds, size / box);
  const center = centerOfMass(digit);
  const image = new Float32Array(side * side);
  // In pixels from the edge: the centre of the first pixel is 0.5, so the centre of the image is 14.
  const [shiftX, shiftY] = [Math.round(side / 2 - center.x), Math.round(side / 2 - center.y)];
  for (let y = 0; y < digit.height; y++)
    for (let x = 0; x < digit.width; x++) {
      const [toX, toY] = [x + shiftX, y + shiftY];
      if (toX < 0 || toY < 0 || toX >= side || toY >= side) continue;
      image[toY * side + toX] = (digit.values[y * digit.width + x] as number) / 255;
    }
  return image;
}

interface Bounds {
  left: number;
  top: number;
  /** The end of the last column: its number plus 1. */
  right: number;
  /** The end of the last row: its number plus 1. */
  bottom: number;
}

function boundsOf({ width, height, values }: GreyImage): Bounds | null {
  const bounds = { left: width, top: height, right: 0, bottom: 0 };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if ((values[y * width + x] as number) < inkThreshold) continue;
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x + 1);
      bounds.top = Math.min(bounds.top, y);
      bounds.bottom = Math.max(bounds.bottom, y + 1);
    }
  return bounds.right === 0 ? null : bounds;
}

/** Scales the part within the bounds: each pixel of the result is the mean of `scale` × `scale` pixels of the drawing. */
function rescale(drawing: GreyImage, bounds: Bounds, scale: number): GreyImage {
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

function meanOf({ width, height, values }: GreyImage, { left, right, top, bottom }: Bounds): number {
  let sum = 0;
  for (let y = Math.floor(top); y < Math.min(height, bottom); y++)
    for (let x = Math.floor(left); x < Math.min(width, right); x++) {
      const covered =
        (Math.min(x + 1, right) - Math.max(x, left)) * (Math.min(y + 1, bottom) - Math.max(y, top));
      sum += (values[y * width + x] as number) * covered;
    }
  return sum / ((right - left) * (bottom - top));
}

function centerOfMass({ width, values }: GreyImage): { x: number; y: number } {
  let [sum, x, y] = [0, 0, 0];
  for (const [index, value] of Array.from(values).entries()) {
    sum += value;
    x += value * ((index % width) + 0.5);
    y += value * (Math.floor(index / width) + 0.5);
  }
  return { x: x / sum, y: y / sum };
}
