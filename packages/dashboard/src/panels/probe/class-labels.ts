/** A name and how it is written. */
export interface ClassLabel {
  name: string;
  color: string;
  /** A CSS font. */
  font: string;
}

/** Height of an image in CSS pixels, with room for the descenders of a small font. */
const height = 16;

/** Draws names of classes from small images, because writing 500 texts in every frame takes several times as long. */
export class ClassLabels {
  /** The images by the number of the class. */
  #images: ImageBitmap[] = [];
  #ratio = 0;

  /**
   * Draws the name of a class with its centre at a position in CSS pixels.
   * @param describe Returns the label; called for the first drawing of the class.
   */
  draw(
    context: CanvasRenderingContext2D,
    label: number,
    [x, y]: readonly [number, number],
    describe: (label: number) => ClassLabel,
  ): void {
    if (this.#ratio !== devicePixelRatio) this.clear();
    this.#images[label] ??= imageOf(describe(label));
    const image = this.#images[label];
    const width = image.width / devicePixelRatio;
    context.drawImage(image, x - width / 2, y - height / 2, width, height);
  }

  /** Releases the images: other names or colours need other ones. */
  clear(): void {
    for (const image of this.#images) image?.close();
    this.#images = [];
    this.#ratio = devicePixelRatio;
  }
}

function imageOf({ name, color, font }: ClassLabel): ImageBitmap {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.font = font;
  canvas.width = Math.ceil((context.measureText(name).width + 2) * devicePixelRatio);
  canvas.height = Math.ceil(height * devicePixelRatio);
  // A new size resets the context.
  Object.assign(context, { font, fillStyle: color, textAlign: 'center', textBaseline: 'middle' });
  context.scale(devicePixelRatio, devicePixelRatio);
  context.fillText(name, canvas.width / devicePixelRatio / 2, height / 2);
  return canvas.transferToImageBitmap();
}
