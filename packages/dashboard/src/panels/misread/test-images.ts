/** The test images of a run as its publisher describes them. */
export interface TestImagesFile {
  count: number;
  width: number;
  height: number;
  channels: 1 | 3;
}

/**
 * Number of images in a piece of the file, which is read at once: 8 kB for images of 28 × 28 grey values. The images of a list are
 * far apart in the file, so larger pieces save few requests.
 */
const pieceImages = 10;

/** Reads the bytes of a file from `begin` up to, but not including, `end`, or to the end of the file. */
export type ReadRange = (begin: number, end?: number) => Promise<Uint8Array>;

/** The file of the test images, read in pieces as images are shown, and the true classes at its end. */
export class TestImages {
  readonly #file: TestImagesFile;
  readonly #read: ReadRange;
  readonly #onChange: () => void;
  readonly #pieces = new Map<number, Uint8Array | 'loading'>();
  /** The true classes as bytes, one or two each; undefined until they have arrived. */
  labels: Uint8Array | undefined;
  /** Why the file cannot be read; empty while it can. */
  problem = '';

  /** @param onChange Called when the true classes or a piece have arrived, or could not be read. */
  constructor(file: TestImagesFile, read: ReadRange, onChange: () => void) {
    this.#file = file;
    this.#read = read;
    this.#onChange = onChange;
    this.#load(async () => {
      const labels = await read(file.count * this.#imageBytes);
      if (labels.length < file.count) throw new Error('the file has no true classes');
      this.labels = labels;
    });
  }

  /**
   * Returns the values of an image from 0 to 255; undefined until its piece of the file, which the first call requests, has
   * arrived.
   */
  pixels(index: number): Uint8Array | undefined {
    const number = Math.floor(index / pieceImages);
    const piece = this.#pieces.get(number);
    if (piece === undefined) {
      this.#pieces.set(number, 'loading');
      this.#load(async () => {
        const begin = number * pieceImages * this.#imageBytes;
        const end = Math.min(this.#file.count, (number + 1) * pieceImages) * this.#imageBytes;
        this.#pieces.set(number, await this.#read(begin, end));
      });
    }
    if (piece === undefined || piece === 'loading') return undefined;
    const from = (index % pieceImages) * this.#imageBytes;
    return piece.subarray(from, from + this.#imageBytes);
  }

  get #imageBytes(): number {
    const { width, height, channels } = this.#file;
    return width * height * channels;
  }

  async #load(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this.#onChange();
  }
}
