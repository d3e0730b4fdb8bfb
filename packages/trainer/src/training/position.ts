import type { Score } from '../learner/learner.ts';

/** The position of a run between two steps, with the sums of its current epoch. A checkpoint stores it. */
export interface TrainingPosition {
  /** Finished epochs, evaluation included. */
  epoch: number;
  /** Finished batches of the current epoch. */
  batch: number;
  /** Number of images in those batches. */
  images: number;
  /** Sum of the losses of those images. Batches are not averaged, because the last one may be smaller. */
  loss: number;
  /** Sum of the accuracy over those images. */
  accuracy: number;
  /** Training time at the start of the current epoch, in seconds. */
  epochStart: number;
}

/** Returns the position of a run before its first step. */
export const startPosition = (): TrainingPosition => ({
  epoch: 0,
  batch: 0,
  images: 0,
  loss: 0,
  accuracy: 0,
  epochStart: 0,
});

/** Advances the position by a batch, in place. */
export function advanceBatch(position: TrainingPosition, score: Score, images: number): void {
  position.batch++;
  position.images += images;
  position.loss += score.loss * images;
  position.accuracy += score.accuracy * images;
}

/** Advances the position to the start of the next epoch, in place; `train` sets `epochStart` when that epoch begins. */
export function advanceEpoch(position: TrainingPosition): void {
  Object.assign(position, startPosition(), { epoch: position.epoch + 1 });
}

/** Returns mean loss and accuracy over the images of the current epoch. */
export const epochMeans = ({ loss, accuracy, images }: TrainingPosition): Score => ({
  loss: loss / images,
  accuracy: accuracy / images,
});
