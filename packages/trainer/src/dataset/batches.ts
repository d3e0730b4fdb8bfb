import { bytesPerImage } from '@mnist-monitor/shared';
import { deriveSeed, type Random, seededRandom, shuffle } from '../random.ts';
import { writeAugmented } from './augment.ts';
import type { Split } from './dataset.ts';

/** Images and labels in the form that a network trains on. */
export interface Batch {
  size: number;
  /** [size, 28, 28, 1], from 0 (background) to 1. */
  images: Float32Array;
  /** [size, classes] */
  oneHot: Float32Array;
}

/** Options of `shuffledBatches` that determine the batches of one epoch. */
export interface EpochOptions {
  seed: number;
  /** Number of the epoch, from 1. The order of the images depends only on the seed and this number. */
  epoch: number;
  /** Whether to augment each image, differently in each epoch. */
  augment?: boolean;
  /** Number of batches to skip when a run resumes within the epoch; the other batches stay the same. */
  skip?: number;
}

/** Returns the number of batches in a split; the last one may be smaller. */
export const batchCount = (size: number, batchSize: number): number => Math.ceil(size / batchSize);

/** Yields batches with all images of a split in random order, each image once. */
export function* shuffledBatches(split: Split, batchSize: number, options: EpochOptions): Generator<Batch> {
  const { seed, epoch, augment = false, skip = 0 } = options;
  const indices = Uint32Array.from({ length: split.size }, (_, index) => index);
  shuffle(indices, seededRandom(deriveSeed(seed, epoch)));
  const write = augment ? augmentWith(seededRandom(deriveSeed(seed, epoch, 1))) : copy;
  for (let start = 0; start < split.size; start += batchSize) {
    // Skipped batches are computed too, because their augmentation draws the random numbers that precede those of later batches.
    const batch = gather(split, indices.subarray(start, start + batchSize), write);
    if (start >= skip * batchSize) yield batch;
  }
}

/** Yields batches with all images of a split in their stored order. */
export function* orderedBatches(split: Split, batchSize: number): Generator<Batch> {
  for (let start = 0; start < split.size; start += batchSize) {
    const length = Math.min(batchSize, split.size - start);
    const indices = Uint32Array.from({ length }, (_, offset) => start + offset);
    yield gather(split, indices, copy);
  }
}

/** The 256 grey levels as fractions from 0 to 1: a look-up is faster than a division. */
const fractions = Float32Array.from({ length: 256 }, (_, grey) => grey / 255);

/** Writes the pixels of an image into `target`, from index `to` on. */
type WriteImage = (target: Float32Array, to: number, image: Uint8Array) => void;

const copy: WriteImage = (target, to, image) => {
  for (let pixel = 0; pixel < bytesPerImage; pixel++) target[to + pixel] = fractions[image[pixel]];
};

const augmentWith =
  (random: Random): WriteImage =>
  (target, to, image) =>
    writeAugmented(target, to, image, { values: fractions, random });

function gather({ images, labels, classCount }: Split, indices: Uint32Array, write: WriteImage): Batch {
  const batch = {
    size: indices.length,
    images: new Float32Array(indices.length * bytesPerImage),
    oneHot: new Float32Array(indices.length * classCount),
  };
  indices.forEach((index, row) => {
    write(
      batch.images,
      row * bytesPerImage,
      images.subarray(index * bytesPerImage, (index + 1) * bytesPerImage),
    );
    batch.oneHot[row * classCount + labels[index]] = 1;
  });
  return batch;
}
