import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { deriveSeed, seededRandom } from '../../src/random.ts';

const side = 28;
/** A glyph is a grid of cells, each filled or empty: 6 × 6 cells of 4 pixels, with a border of 2 pixels. */
const cells = 6;
const cellPixels = 4;
const border = 2;

/** Options of `writeDataset`. */
export interface DatasetOptions {
  classCount: number;
  trainSize: number;
  testSize: number;
  /** Split of EMNIST whose file names and order of pixels are used; MNIST's by default. */
  emnist?: string;
  /** The label of the class 0. */
  firstLabel?: number;
  /** Bytes of a label: 2 for more than 256 classes. */
  labelBytes?: 1 | 2 | 4;
  /** Whether the files are compressed with gzip. */
  isCompressed?: boolean;
}

/**
 * Writes the four IDX files of a made-up dataset. Each class has a glyph of its own, of which an image is a copy shifted by at
 * most a pixel. The classes follow each other in turn, so that the first images contain each class.
 */
export function writeDataset(folder: string, options: DatasetOptions): void {
  const { trainSize, testSize, emnist, isCompressed = false } = options;
  mkdirSync(folder, { recursive: true });
  const splits =
    emnist === undefined ? ['train', 't10k'] : [`emnist-${emnist}-train`, `emnist-${emnist}-test`];
  splits.forEach((split, at) => {
    const size = at === 0 ? trainSize : testSize;
    const write = (name: string, content: Buffer): void => {
      const path = join(folder, `${split}-${name}`);
      if (isCompressed) writeFileSync(`${path}.gz`, gzipSync(content, { level: 1 }));
      else writeFileSync(path, content);
    };
    write('images-idx3-ubyte', encodeImages(size, options, at));
    write('labels-idx1-ubyte', encodeLabels(size, options));
  });
}

/** Returns the pixels of a class's glyph, [28, 28], shifted right and down. */
export function drawGlyph(classIndex: number, shiftX = 0, shiftY = 0): Uint8Array {
  const pixels = new Uint8Array(side * side);
  const random = seededRandom(deriveSeed(7, classIndex));
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++) {
      if (random() < 0.5) continue;
      for (let y = 0; y < cellPixels; y++)
        for (let x = 0; x < cellPixels; x++)
          pixels[
            (border + row * cellPixels + y + shiftY) * side + border + column * cellPixels + x + shiftX
          ] = 255;
    }
  return pixels;
}

function encodeImages(size: number, { classCount, emnist }: DatasetOptions, seed: number): Buffer {
  const random = seededRandom(seed);
  const shift = (): number => Math.floor(random() * 3) - 1;
  const content = Buffer.concat([header(8, [size, side, side]), Buffer.alloc(size * side * side)]);
  for (let image = 0; image < size; image++) {
    const glyph = drawGlyph(image % classCount, shift(), shift());
    for (let at = 0; at < glyph.length; at++) {
      const stored = emnist === undefined ? at : (at % side) * side + Math.floor(at / side);
      content[16 + image * side * side + stored] = glyph[at]!;
    }
  }
  return content;
}

function encodeLabels(size: number, { classCount, firstLabel = 0, labelBytes = 1 }: DatasetOptions): Buffer {
  const type = { 1: 8, 2: 11, 4: 12 }[labelBytes];
  const values = Buffer.alloc(size * labelBytes);
  for (let image = 0; image < size; image++)
    values.writeUIntBE((image % classCount) + firstLabel, image * labelBytes, labelBytes);
  return Buffer.concat([header(type, [size]), values]);
}

/** Returns the header of an IDX file. @param type 8 for bytes, 11 for 16 bits, 12 for 32 bits. */
export function header(type: number, sizes: number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * sizes.length);
  bytes.writeUInt32BE((type << 8) | sizes.length);
  sizes.forEach((size, axis) => {
    bytes.writeUInt32BE(size, 4 + 4 * axis);
  });
  return bytes;
}
