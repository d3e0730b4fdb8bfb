import type { Random } from '../random.ts';

const side = 28;
const center = (side - 1) / 2;

/** Largest changes in either direction, chosen so that a digit stays the same digit. */
const limits = { rotationRadians: (8 * Math.PI) / 180, scale: 0.08, shiftPixels: 1.5 };

/**
 * Writes a randomly rotated, scaled and shifted copy of an image into `target`, from index `to` on. Pixels are interpolated
 * linearly; pixels from outside the image are background.
 * @param target Images of a batch. The 784 elements from `to` on must be zero, because background pixels are not written.
 * @param image [28, 28]
 * @param source The value in `target` for each of the 256 grey levels, and the random numbers.
 */
export function writeAugmented(
  target: Float32Array,
  to: number,
  image: Uint8Array,
  source: { values: Float32Array; random: Random },
): void {
  const { values, random } = source;
  const randomWithin = (limit: number): number => (random() * 2 - 1) * limit;
  const angle = randomWithin(limits.rotationRadians);
  const scale = 1 + randomWithin(limits.scale);
  const cosine = Math.cos(angle) / scale;
  const sine = Math.sin(angle) / scale;
  const shiftX = randomWithin(limits.shiftPixels);
  const shiftY = randomWithin(limits.shiftPixels);
  for (let y = 0; y < side; y++) {
    // Position in `image` that maps to the first pixel of the row. From pixel to pixel, it moves by the same distance.
    let fromX = center + cosine * (-center - shiftX) + sine * (y - center - shiftY);
    let fromY = center - sine * (-center - shiftX) + cosine * (y - center - shiftY);
    const row = to + y * side;
    for (let x = 0; x < side; x++, fromX += cosine, fromY -= sine) {
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      if (left < 0 || top < 0 || left >= side - 1 || top >= side - 1) continue;
      const at = top * side + left;
      const rightWeight = fromX - left;
      const lowerWeight = fromY - top;
      const upper = values[image[at]] * (1 - rightWeight) + values[image[at + 1]] * rightWeight;
      const lower = values[image[at + side]] * (1 - rightWeight) + values[image[at + side + 1]] * rightWeight;
      target[row + x] = upper * (1 - lowerWeight) + lower * lowerWeight;
    }
  }
}
