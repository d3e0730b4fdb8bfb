/** How a name is written. */
interface LabelStyle {
  color: string;
  /** A CSS font. */
  font: string;
}

/** Height of an image in CSS pixels, with room for the descenders of a small font. */
const height = 16;

/** Draws names of classes from small images, because writing 500 texts in every frame takes several times as long. */
export class ClassLabels {
  readonly #images = new Map<string, HTMLCanvasElement>();

  /** Draws a name with its centre at a position in CSS pixels. */
  draw(
    context: CanvasRenderingContext2D,
    name: string,
    style: LabelStyle,
    [x, y]: readonly [number, number],
  ): void {
    const image = this.#imageOf(name, style);
    const width = image.width / devicePixelRatio;
    context.drawImage(image, x - width / 2, y - height / 2, width, height);
  }

  #imageOf(name: string, { color, font }: LabelStyle): HTMLCanvasElement {
    const key = `${name} ${color} ${font} ${devicePixelRatio}`;
    const known = this.#images.get(key);
    if (known) return known;
    const image = document.createElement('canvas');
    const context = image.getContext('2d') as CanvasRenderingContext2D;
    context.font = font;
    image.width = Math.ceil((context.measureText(name).width + 2) * devicePixelRatio);
    image.height = Math.ceil(height * devicePixelRatio);
    // A new size resets the context.
    Object.assign(context, { font, fillStyle: color, textAlign: 'center', textBaseline: 'middle' });
    context.scale(devicePixelRatio, devicePixelRatio);
    context.fillText(name, image.width / devicePixelRatio / 2, height / 2);
    this.#images.set(key, image);
    return image;
  }

  /** Releases the images, for example those in the colours of another theme. */
  clear(): void {
    this.#images.clear();
  }
}
