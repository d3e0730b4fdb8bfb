import { classCount, imageBytes } from '@mnist-monitor/shared';
import { inputScale } from '../model.ts';
import { deriveSeed, seededRandom, shuffle } from '../random.ts';
import type { Split } from './dataset.ts';

/** Some images and their labels, as a network takes them. */
export interface Batch {
  size: number;
  /** [size, 28, 28, 1], 0 to `inputScale`. */
  images: Float32Array;
  /** [size, 10] */
  oneHot: Float32Array;
}

export interface EpochOrder {
  seed: number;
  /** From 1; each epoch has an order of its own that depends on nothing before it. */
  epoch: number;
}

/** How many batches a split makes; the last may be smaller. */
export const batchCount = (size: number, batchSize: number): number => Math.ceil(size / batchSize);

/** All images of a split once, in an order of chance. */
export function* shuffledBatches(split: Split, batchSize: number, order: EpochOrder): Generator<Batch> {
  const indices = Uint32Array.from({ length: split.size }, (_, index) => index);
  shuffle(indices, seededRandom(deriveSeed(order.seed, order.epoch)));
  for (let start = 0; start < split.size; start += batchSize)
    yield gather(split, indices.subarray(start, start + batchSize));
}

/** All images of a split once, in their own order. */
export function* orderedBatches(split: Split, batchSize: number): Generator<Batch> {
  for (let start = 0; start < split.size; start += batchSize) {
    const length = Math.min(batchSize, split.size - start);
    yield gather(
      split,
      Uint32Array.from({ length }, (_, offset) => start + offset),
    );
  }
}

/** Every grey value as it enters the network: a look-up is quicker than a division. */
const inputs = Float32Array.from({ length: 256 }, (_, grey) => (grey / 255) * inputScale);

function gather(split: Split, indices: Uint32Array): Batch {
  const images = new Float32Array(indices.length * imageBytes);
  const oneHot = new Float32Array(indices.length * classCount);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] * imageBytes;
    const to = row * imageBytes;
    for (let pixel = 0; pixel < imageBytes; pixel++) images[to + pixel] = inputs[split.images[from + pixel]];
    oneHot[row * classCount + split.labels[indices[row]]] = 1;
  }
  return { size: indices.length, images, oneHot };
}
