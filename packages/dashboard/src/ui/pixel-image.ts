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
  /** The pixels that were put on the canvas, to be overwritten with the next image: a timeline that moves shows many. */
  data: ImageData;
}

/** The images drawn on the canvases. */
const drawn = new WeakMap<HTMLCanvasElement, Drawn>();
/** Red, green and blue from 0 to 255. */
type Color = readonly [number, number, number];

/** The page's text colour; undefined until it is read. */
let textColor: Color | undefined;

class PixelImageDirective extends Directive {
  override render(_pixels: Pixels, _size: ImageSize = defaultSize): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [pixels, size = defaultSize]: [Pixels, ImageSize?]): unknown {
    const canvas = element as HTMLCanvasElement;
    const before = drawn.get(canvas);
    if (before?.pixels !== pixels || before.size !== size) draw(canvas, pixels, size);
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
    if (image) draw(canvas, image.pixels, image.size);
  }
}

function draw(canvas: HTMLCanvasElement, pixels: Pixels, size: ImageSize): void {
  textColor ??= readTextColor();
  const [width, height] = [size.width ?? defaultSide, size.height ?? defaultSide];
  const before = drawn.get(canvas)?.data;
  const isSameSize = before?.width === width && before.height === height;
  const image = isSameSize ? before : new ImageData(width, height);
  drawn.set(canvas, { pixels, size, data: image });
  if (size.channels === 3) fillColors(image, pixels);
  else fillGreys(image, pixels, textColor);
  // Setting the size, even to the same value, replaces the canvas's memory.
  if (!isSameSize) Object.assign(canvas, { width, height });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

function fillColors({ data, width, height }: ImageData, pixels: Pixels): void {
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      data[pixel * 4 + channel] = pixels[pixel * 3 + channel] ?? 0;
    data[pixel * 4 + 3] = 255;
  }
}

/** Writes a pixel at a time: the maps of a network are 75,000 pixels, drawn again with each move of the timeline. */
function fillGreys({ data }: ImageData, pixels: Pixels, [red, green, blue]: Color): void {
  const words = new Uint32Array(data.buffer);
  // Little-endian, as all processors that browsers support: the opacity is the highest byte.
  const color = (blue << 16) | (green << 8) | red;
  for (let pixel = 0; pixel < words.length; pixel++) words[pixel] = ((pixels[pixel] as number) << 24) | color;
}

/** Reads the text colour from a painted pixel, because browsers write colours in many notations. */
function readTextColor(): Color {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return [0, 0, 0];
  context.fillStyle = getComputedStyle(document.body).color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
