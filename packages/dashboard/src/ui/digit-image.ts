import { bytesPerImage } from '@mnist-monitor/shared/browser';
import { noChange } from 'lit-html';
import { Directive, directive, type ElementPart } from 'lit-html/directive.js';

const side = Math.sqrt(bytesPerImage);

/** Grey values of an image, row by row, from 0 (background) to 255. */
type Pixels = ArrayLike<number>;

/** The images drawn on the canvases. */
const drawn = new WeakMap<HTMLCanvasElement, Pixels>();
/** The page's text colour as red, green and blue from 0 to 255; undefined until it is read. */
let textColor: readonly [number, number, number] | undefined;

class DigitImageDirective extends Directive {
  override render(_pixels: Pixels): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [pixels]: [Pixels]): unknown {
    const canvas = element as HTMLCanvasElement;
    if (drawn.get(canvas) !== pixels) draw(canvas, pixels);
    return noChange;
  }
}

/**
 * Draws an image of 28 × 28 pixels on a canvas, in the page's text colour on a transparent background.
 * @example html`<canvas aria-hidden="true" ${digitImage(pixels)}></canvas>`
 */
export const digitImage = directive(DigitImageDirective);

/** Draws the images within an element again, after the page's colours have changed. */
export function recolorDigits(root: ParentNode): void {
  textColor = undefined;
  for (const canvas of root.querySelectorAll('canvas')) {
    const pixels = drawn.get(canvas);
    if (pixels) draw(canvas, pixels);
  }
}

function draw(canvas: HTMLCanvasElement, pixels: Pixels): void {
  drawn.set(canvas, pixels);
  textColor ??= readTextColor();
  const image = new ImageData(side, side);
  for (let index = 0; index < bytesPerImage; index++)
    image.data.set([...textColor, pixels[index] ?? 0], index * 4);
  canvas.width = canvas.height = side;
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** Reads the text colour from a painted pixel, because browsers write colours in many notations. */
function readTextColor(): readonly [number, number, number] {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return [0, 0, 0];
  context.fillStyle = getComputedStyle(document.body).color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
