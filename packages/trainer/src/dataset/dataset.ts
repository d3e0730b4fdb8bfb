import { bytesPerImage, classCount, MonitorError } from '@mnist-monitor/shared';
import type { IdxArray } from './idx.ts';

/** Images with their labels: the training set or the test set. */
export interface Split {
  size: number;
  /** [size, 784], from 0 (background) to 255 (full ink). */
  images: Uint8Array;
  /** [size], 0 to 9. */
  labels: Uint8Array;
}

/** A labelled image dataset in MNIST's form. */
export interface Dataset {
  name: string;
  /** Names of the ten labels. */
  classes: string[];
  train: Split;
  test: Split;
}

/** An IDX array with the name of its file, which error messages contain. */
export interface NamedArray extends IdxArray {
  name: string;
}

/**
 * Checks that images and labels match, and joins them to a split.
 * @param images [n, 28, 28]
 * @param labels [n], from 0 to 9.
 * @throws MonitorError `dataset.invalid`
 */
export function joinSplit(images: NamedArray, labels: NamedArray): Split {
  const [size, ...imageShape] = images.shape;
  if (imageShape.join() !== '28,28')
    throw new MonitorError(
      'dataset.invalid',
      `${images.name}: expected images of 28 × 28, got ${imageShape.join(' × ')}`,
    );
  if (size === 0)
    throw new MonitorError('dataset.invalid', `${images.name}: expected at least one image, got none`);
  if (labels.shape[0] !== size)
    throw new MonitorError(
      'dataset.invalid',
      `${labels.name}: expected ${size} labels for the images in ${images.name}, got ${labels.shape[0]}`,
    );
  const wrong = labels.values.findIndex((label) => label >= classCount);
  if (wrong >= 0)
    throw new MonitorError(
      'dataset.invalid',
      `${labels.name}: expected labels from 0 to ${classCount - 1}, got ${labels.values[wrong]} at position ${wrong}`,
    );
  return { size, images: images.values, labels: labels.values };
}

/**
 * Returns the first `size` images of a split, all by default.
 * @param flag The flag that sets the size, for the error message.
 * @throws MonitorError `option.invalid` when the split has fewer images.
 */
export function takeFirst(split: Split, size: number | undefined, flag: string): Split {
  if (size === undefined) return split;
  if (size > split.size)
    throw new MonitorError(
      'option.invalid',
      `${flag}: expected at most ${split.size}, the images in the dataset, got ${size}`,
    );
  return {
    size,
    images: split.images.subarray(0, size * bytesPerImage),
    labels: split.labels.subarray(0, size),
  };
}
