import { bytesPerImage, classCount } from '@mnist-monitor/shared';
import { deriveSeed, type Random, seededRandom, shuffle } from '../random.ts';
import { writeAugmented } from './augment.ts';
import type { Split } from './dataset.ts';

/** Some images and their labels, as a network takes them. */
export interface Batch {
  size: number;
  /** [size, 28, 28, 1], 0 to 1. */
  images: Float32Array;
  /** [size, 10] */
  oneHot: Float32Array;
}

export interface EpochOrder {
  seed: number;
  /** From 1; each epoch has an order of its own that depends on nothing before it. */
  epoch: number;
  /** Moves each image a little, another way each epoch. */
  augment?: boolean;
  /** How many of its batches to leave out, when a run goes on within the epoch; the others are as they would be. */
  skip?: number;
}

/** How many batches a split makes; the last may be smaller. */
export const batchCount = (size: number, batchSize: number): number => Math.ceil(size / batchSize);

/** The images of a split, each once, in an order of chance. */
export function* shuffledBatches(split: Split, batchSize: number, order: EpochOrder): Generator<Batch> {
  const { seed, epoch, augment = false, skip = 0 } = order;
  const indices = Uint32Array.from({ length: split.size }, (_, index) => index);
  shuffle(indices, seededRandom(deriveSeed(seed, epoch)));
  const write = augment ? moveBy(seededRandom(deriveSeed(seed, epoch, 1))) : copy;
  for (let start = 0; start < split.size; start += batchSize) {
    // Those left out are made all the same: moving an image uses up random numbers.
    const batch = gather(split, indices.subarray(start, start + batchSize), write);
    if (start >= skip * batchSize) yield batch;
  }
}

/** All images of a split once, in their own order. */
export function* orderedBatches(split: Split, batchSize: number): Generator<Batch> {
  for (let start = 0; start < split.size; start += batchSize) {
    const length = Math.min(batchSize, split.size - start);
    const indices = Uint32Array.from({ length }, (_, offset) => start + offset);
    yield gather(split, indices, copy);
  }
}

/** Every grey value as a fraction: a look-up is quicker than a division. */
const fractions = Float32Array.from({ length: 256 }, (_, grey) => grey / 255);

/** Writes an image into a batch at `to`. */
type WriteImage = (target: Float32Array, to: number, image: Uint8Array) => void;

const copy: WriteImage = (target, to, image) => {
  for (let pixel = 0; pixel < bytesPerImage; pixel++) target[to + pixel] = fractions[image[pixel]];
};

const moveBy =
  (random: Random): WriteImage =>
  (target, to, image) =>
    writeAugmented(target, to, image, { values: fractions, random });

function gather({ images, labels }: Split, indices: Uint32Array, write: WriteImage): Batch {
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
