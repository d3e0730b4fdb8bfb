import { describe, expect, test } from '@jest/globals';
import { writeAugmented } from '../../src/dataset/augment.ts';
import { seededRandom } from '../../src/random.ts';

const values = Float32Array.from({ length: 256 }, (_, grey) => grey / 255);
/** An image of a square with full ink, 8 × 8 pixels, in the middle. */
const square = Uint8Array.from({ length: 784 }, (_, at) => {
  const [x, y] = [at % 28, Math.floor(at / 28)];
  return x >= 10 && x < 18 && y >= 10 && y < 18 ? 255 : 0;
});

function augment(random: () => number, image = square): Float32Array {
  const target = new Float32Array(2 * 784).fill(0);
  writeAugmented(target, 784, image, { values, random });
  expect(target.subarray(0, 784).every((value) => value === 0)).toBe(true);
  return target.subarray(784);
}
const ink = (image: Float32Array) => image.reduce((sum, value) => sum + value, 0);

describe('an augmented image', () => {
  test('is unchanged without rotation, scale and shift', () => {
    augment(() => 0.5).forEach((value, at) => {
      expect(value).toBeCloseTo((square[at] as number) / 255, 5);
    });
  });

  test('keeps about the same ink, and its centre within the largest shift', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 50; round++) {
      const image = augment(random);
      expect(ink(image) / 64).toBeGreaterThan(0.8);
      expect(ink(image) / 64).toBeLessThan(1.25);
      const centre = image.reduce((sum, value, at) => sum + value * (at % 28), 0) / ink(image);
      expect(Math.abs(centre - 13.5)).toBeLessThan(1.6);
      expect(Math.max(...image)).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  test('differs each time', () => {
    const random = seededRandom(1);
    expect(augment(random)).not.toEqual(augment(random));
  });
});
