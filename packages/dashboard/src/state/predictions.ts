import { base64Bytes } from './base64.ts';

/** The predictions of one epoch for every test image. */
export interface EpochPredictions {
  epoch: number;
  /** The step at which the epoch ended. */
  step: number;
  /** The predicted class of each image: one byte, or two (the low byte first) for more than 256 classes. */
  bytes: Uint8Array;
}

/** Maximum size of a run's predictions, 800 epochs of 10,000 images: beyond it, every second one of the older epochs is removed. */
const byteLimit = 8e6;

/** Adds the predictions of an epoch. They replace those of this epoch and later ones, which a resumed run repeats. */
export function withPredictions(
  before: readonly EpochPredictions[],
  { epoch, step, text }: { epoch: number; step: number; text: string },
): readonly EpochPredictions[] {
  const bytes = base64Bytes(text);
  const kept = before.filter((each) => each.epoch < epoch);
  const isFull = (kept.length + 1) * bytes.length > byteLimit;
  return [...(isFull ? kept.filter((_, index) => index % 2 === 0) : kept), { epoch, step, bytes }];
}
