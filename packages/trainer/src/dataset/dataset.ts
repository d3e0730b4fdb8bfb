import { bytesPerImage, MonitorError } from '@mnist-monitor/shared';
import type { IdxArray, IdxLabels } from './idx.ts';

/** Images with their labels: the training set or the test set. */
export interface Split {
  size: number;
  /** [size, 784], from 0 (background) to 255 (full ink). */
  images: Uint8Array;
  /** [size], indices of classes. */
  labels: Uint16Array;
  /** Number of classes of the whole dataset. */
  classCount: number;
}

/** A labelled image dataset in MNIST's form. */
export interface Dataset {
  name: string;
  /** Names of the classes, by their indices. */
  classes: readonly string[];
  train: Split;
  test: Split;
}

/** An IDX array with the name of its file, which error messages contain. */
export interface NamedArray extends IdxArray {
  name: string;
}

/** Labels from an IDX file with the name of that file. */
export interface NamedLabels extends IdxLabels {
  name: string;
}

/**
 * Checks that there is at least one image, that images have 28 × 28 pixels, and that there are as many labels.
 * @throws MonitorError `dataset.invalid`
 */
export function checkPair(images: NamedArray, labels: NamedLabels): void {
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
}

/** Options of `joinSplit`. */
export interface SplitOptions {
  classCount: number;
  /** The label of the class 0. */
  firstLabel?: number;
}

/**
 * Joins images and labels to a split.
 * @param images [n, 28, 28]
 * @param labels [n]
 * @throws MonitorError `dataset.invalid` when they do not match, `classes.invalid` when a label has no class.
 */
export function joinSplit(
  images: NamedArray,
  labels: NamedLabels,
  { classCount, firstLabel = 0 }: SplitOptions,
): Split {
  checkPair(images, labels);
  const lastLabel = firstLabel + classCount - 1;
  const wrong = labels.values.findIndex((label) => label < firstLabel || label > lastLabel);
  if (wrong >= 0)
    throw new MonitorError(
      'classes.invalid',
      `${labels.name}: expected labels from ${firstLabel} to ${lastLabel}, of ${classCount} classes, got ${labels.values[wrong]} at position ${wrong}`,
    );
  return {
    size: labels.values.length,
    images: images.values,
    labels: Uint16Array.from(labels.values, (label) => label - firstLabel),
    classCount,
  };
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
    ...split,
    size,
    images: split.images.subarray(0, size * bytesPerImage),
    labels: split.labels.subarray(0, size),
  };
}
