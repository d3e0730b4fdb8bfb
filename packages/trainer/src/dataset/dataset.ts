import { bytesPerImage, classCount, MonitorError } from '@mnist-monitor/shared';
import type { IdxArray } from './idx.ts';

/** Images with their labels. */
export interface Split {
  size: number;
  /** [size, 784], 0 is background, 255 is full ink. */
  images: Uint8Array;
  /** [size], 0 to 9. */
  labels: Uint8Array;
}

export interface Dataset {
  name: string;
  /** What the ten labels mean. */
  classes: string[];
  train: Split;
  test: Split;
}

/** An IDX array and where it came from, for errors. */
export interface NamedArray extends IdxArray {
  name: string;
}

/**
 * Joins images and labels after checking that they fit each other.
 * @param images Shape [n, 28, 28].
 * @param labels Shape [n].
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
      `${labels.name}: expected ${size} labels, as many as images in ${images.name}, got ${labels.shape[0]}`,
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
 * The first `size` images of a split.
 * @throws MonitorError `option.invalid` when there are not so many.
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
