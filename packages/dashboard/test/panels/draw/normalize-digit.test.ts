import { describe, expect, it } from '@jest/globals';
import { normalizeDigit } from '../../../src/panels/draw/normalize-digit.ts';

const side = 280;
/** An image with ink where `inked` is true. */
const drawingOf = (inked: (x: number, y: number) => boolean) => ({
  width: side,
  height: side,
  values: Uint8Array.from({ length: side * side }, (_, index) =>
    inked(index % side, Math.floor(index / side)) ? 255 : 0,
  ),
});
const rectangle = (left: number, top: number, right: number, bottom: number) =>
  drawingOf((x, y) => x >= left && x < right && y >= top && y < bottom);

/** Bounds and centre of mass of an image of 28 × 28. */
function measure(image: Float32Array) {
  const inked = [...image.keys()].filter((index) => (image[index] as number) > 0.5);
  const [xs, ys] = [inked.map((index) => index % 28), inked.map((index) => Math.floor(index / 28))];
  const sum = image.reduce((a, b) => a + b, 0);
  const centre = (coordinate: (index: number) => number): number =>
    image.reduce((total, value, index) => total + value * (coordinate(index) + 0.5), 0) / sum;
  return {
    width: Math.max(...xs) - Math.min(...xs) + 1,
    height: Math.max(...ys) - Math.min(...ys) + 1,
    x: centre((index) => index % 28),
    y: centre((index) => Math.floor(index / 28)),
  };
}

describe('a normalized digit', () => {
  it.each([
    ['small and in a corner', rectangle(10, 20, 40, 80)],
    ['large', rectangle(60, 5, 200, 275)],
  ])('fills a box of 20 pixels and keeps its proportions: %s', (_, drawing) => {
    const { width, height } = measure(normalizeDigit(drawing) as Float32Array);
    expect(height).toBe(20);
    expect(width).toBeGreaterThanOrEqual(10);
    expect(width).toBeLessThanOrEqual(11);
  });

  it('has its centre of mass in the middle', () => {
    // An L: the middle of its bounds is not the middle of its ink.
    const { x, y } = measure(
      normalizeDigit(
        drawingOf((x, y) => x >= 40 && y >= 40 && x < 180 && y < 240 && (x < 80 || y > 200)),
      ) as Float32Array,
    );
    expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y - 14)).toBeLessThanOrEqual(0.5);
  });

  it('has values from 0 (background) to 1 (full ink)', () => {
    const image = normalizeDigit(rectangle(100, 100, 150, 200)) as Float32Array;
    expect(Math.max(...image)).toBeCloseTo(1);
    expect(Math.min(...image)).toBe(0);
    expect(image).toHaveLength(784);
  });

  it('is null when nothing is drawn', () => {
    expect(normalizeDigit(drawingOf(() => false))).toBeNull();
  });

  it('fills the box even when it is a dot', () => {
    expect(measure(normalizeDigit(rectangle(5, 5, 6, 6)) as Float32Array)).toMatchObject({
      width: 20,
      height: 20,
    });
  });
});
