import type { Random } from '../random.ts';

const side = 28;
const center = (side - 1) / 2;

/** How far an image may be moved: chosen so that a digit stays the same digit. */
const limits = { turnRadians: (8 * Math.PI) / 180, scale: 0.08, shiftPixels: 1.5 };

/**
 * Writes an image turned, scaled and shifted by chance, with linear interpolation between its pixels; what comes from
 * outside is background.
 * @param source What each of the 256 grey values becomes, and where chance comes from.
 */
export function writeAugmented(
  target: Float32Array,
  to: number,
  image: Uint8Array,
  source: { values: Float32Array; random: Random },
): void {
  const { values, random } = source;
  const within = (limit: number): number => (random() * 2 - 1) * limit;
  const angle = within(limits.turnRadians);
  const scale = 1 + within(limits.scale);
  const cosine = Math.cos(angle) / scale;
  const sine = Math.sin(angle) / scale;
  const shiftX = within(limits.shiftPixels);
  const shiftY = within(limits.shiftPixels);
  for (let y = 0; y < side; y++) {
    // Where the first pixel of the row comes from, and by how much that moves from pixel to pixel.
    let fromX = center + cosine * (-center - shiftX) + sine * (y - center - shiftY);
    let fromY = center - sine * (-center - shiftX) + cosine * (y - center - shiftY);
    const row = to + y * side;
    for (let x = 0; x < side; x++, fromX += cosine, fromY -= sine) {
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      if (left < 0 || top < 0 || left >= side - 1 || top >= side - 1) continue;
      const at = top * side + left;
      const right = fromX - left;
      const below = fromY - top;
      const upper = values[image[at]] * (1 - right) + values[image[at + 1]] * right;
      const lower = values[image[at + side]] * (1 - right) + values[image[at + side + 1]] * right;
      target[row + x] = upper * (1 - below) + lower * below;
    }
  }
}
