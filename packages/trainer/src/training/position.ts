import type { Score } from '../learner/learner.ts';

/** Where a run stands between two steps: training moves it on, and a checkpoint keeps it. */
export interface TrainingPosition {
  /** Epochs that are over, with their evaluation. */
  epoch: number;
  /** Steps that are done of the next one … */
  batch: number;
  /** … the images that those had … */
  images: number;
  /** … and what their loss and accuracy add up to: per image, since the last batch of an epoch may be smaller. */
  loss: number;
  accuracy: number;
  /** The run's time when that epoch began, in seconds. */
  epochStart: number;
}

/** Of a run that has not begun. */
export const beginning = (): TrainingPosition => ({
  epoch: 0,
  batch: 0,
  images: 0,
  loss: 0,
  accuracy: 0,
  epochStart: 0,
});

/** Moves on by a step. */
export function addStep(place: TrainingPosition, score: Score, images: number): void {
  place.batch++;
  place.images += images;
  place.loss += score.loss * images;
  place.accuracy += score.accuracy * images;
}

/** Moves on to the next epoch. */
export function endEpoch(place: TrainingPosition): void {
  Object.assign(place, beginning(), { epoch: place.epoch + 1 });
}

/** Means over the images of the epoch that a run is in. */
export const meansOf = ({ loss, accuracy, images }: TrainingPosition): Score => ({
  loss: loss / images,
  accuracy: accuracy / images,
});
