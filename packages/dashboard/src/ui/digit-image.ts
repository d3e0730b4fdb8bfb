import { bytesPerImage } from '@mnist-monitor/shared/browser';

const side = Math.sqrt(bytesPerImage);

/** Red, green and blue from 0 to 255. */
export type Ink = readonly [number, number, number];

/** An image of 28 × 28 grey values with `ink` for full, on no ground: right in either theme. */
export function digitImage(pixels: ArrayLike<number>, [red, green, blue]: Ink): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  canvas.setAttribute('aria-hidden', 'true');
  const image = new ImageData(side, side);
  for (let at = 0; at < bytesPerImage; at++) image.data.set([red, green, blue, pixels[at] ?? 0], at * 4);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

/** The page's text colour. The browser may write a colour in many ways: one pixel of it tells. */
export function inkColor(): Ink {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return [0, 0, 0];
  context.fillStyle = getComputedStyle(document.body).color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
