import { noChange } from 'lit-html';
import { Directive, directive, type ElementPart } from 'lit-html/directive.js';

/** Values of an image from 0 to 255, row by row: grey, where 0 is background, or red, green and blue. */
type Pixels = ArrayLike<number>;

/** The size of an image: 28 × 28 grey values where it is not given. */
export interface ImageSize {
  width?: number | null | undefined;
  height?: number | null | undefined;
  channels?: 1 | 3 | null | undefined;
}

const defaultSide = 28;
const defaultSize: ImageSize = {};

interface Drawn {
  pixels: Pixels;
  size: ImageSize;
}

/** The images drawn on the canvases. */
const drawn = new WeakMap<HTMLCanvasElement, Drawn>();
/** The page's text colour as red, green and blue from 0 to 255; undefined until it is read. */
let textColor: readonly [number, number, number] | undefined;

class PixelImageDirective extends Directive {
  override render(_pixels: Pixels, _size: ImageSize = defaultSize): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [pixels, size = defaultSize]: [Pixels, ImageSize?]): unknown {
    const canvas = element as HTMLCanvasElement;
    const before = drawn.get(canvas);
    if (before?.pixels !== pixels || before.size !== size) draw(canvas, { pixels, size });
    return noChange;
  }
}

/**
 * Draws a small image on a canvas: grey values in the page's text colour on a transparent background, colours as they are.
 * @example html`<canvas aria-hidden="true" ${pixelImage(pixels)}></canvas>`
 */
export const pixelImage = directive(PixelImageDirective);

/** Draws the images within an element again, after the page's colours have changed. */
export function recolorImages(root: ParentNode): void {
  textColor = undefined;
  for (const canvas of root.querySelectorAll('canvas')) {
    const image = drawn.get(canvas);
    if (image) draw(canvas, image);
  }
}

function draw(canvas: HTMLCanvasElement, { pixels, size }: Drawn): void {
  drawn.set(canvas, { pixels, size });
  textColor ??= readTextColor();
  const [width, height] = [size.width ?? defaultSide, size.height ?? defaultSide];
  const image = new ImageData(width, height);
  const { data } = image;
  const hasColors = size.channels === 3;
  const [red, green, blue] = textColor;
  // Without an array for each pixel: the maps of a network are 75,000 pixels, drawn again with each move of the timeline.
  for (let index = 0; index < width * height; index++) {
    const at = index * 4;
    data[at] = hasColors ? (pixels[index * 3] ?? 0) : red;
    data[at + 1] = hasColors ? (pixels[index * 3 + 1] ?? 0) : green;
    data[at + 2] = hasColors ? (pixels[index * 3 + 2] ?? 0) : blue;
    data[at + 3] = hasColors ? 255 : (pixels[index] ?? 0);
  }
  canvas.width = width;
  canvas.height = height;
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
