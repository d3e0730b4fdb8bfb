import { base64Bytes } from './base64.ts';

/** The predictions of one epoch for every test image. */
export interface EpochPredictions {
  epoch: number;
  /** The step at which the epoch ended. */
  step: number;
  /** The predicted class of each image: one byte, or two (the low byte first) for more than 256 classes. */
  bytes: Uint8Array;
  /** The probability of each prediction, 255 for a probability of 1; undefined for an epoch without them. */
  confidences: Uint8Array | undefined;
}

/**
 * Maximum size of a run's predictions and their confidences, 400 epochs of 10,000 images: beyond it, every second one of the older
 * epochs is removed.
 */
const byteLimit = 8e6;

const bytesOf = ({ bytes, confidences }: EpochPredictions): number =>
  bytes.length + (confidences?.length ?? 0);

/** The predictions of an epoch as they were sent, in base64. */
interface SentPredictions {
  epoch: number;
  step: number;
  predictions: string;
  confidences: string | null | undefined;
}

/** Adds the predictions of an epoch. They replace those of this epoch and later ones, which a resumed run repeats. */
export function withPredictions(
  before: readonly EpochPredictions[],
  { epoch, step, predictions, confidences }: SentPredictions,
): readonly EpochPredictions[] {
  const added = {
    ...{ epoch, step, bytes: base64Bytes(predictions) },
    confidences: confidences ? base64Bytes(confidences) : undefined,
  };
  const kept = before.filter((each) => each.epoch < epoch);
  const isFull = (kept.length + 1) * bytesOf(added) > byteLimit;
  return [...(isFull ? kept.filter((_, index) => index % 2 === 0) : kept), added];
}

/** Returns the classes in a list of bytes, one or two a class. */
export const classesIn = (bytes: Uint8Array, classCount: number): ArrayLike<number> =>
  classCount <= 256
    ? bytes
    : Uint16Array.from(
        { length: bytes.length >> 1 },
        (_, at) => (bytes[2 * at] as number) + 256 * (bytes[2 * at + 1] as number),
      );

/** Consecutive epochs that read an image as the same class. */
export interface EpochReading {
  first: number;
  last: number;
  prediction: number;
}

/** Returns how each epoch read the test image at an index; epochs that agree with the one before are joined. */
export function epochReadings(
  epochs: readonly EpochPredictions[],
  index: number,
  classCount: number,
): EpochReading[] {
  const isWide = classCount > 256;
  const readings: EpochReading[] = [];
  for (const { epoch, bytes } of epochs) {
    const at = isWide ? 2 * index : index;
    const prediction = (bytes[at] ?? 0) + (isWide ? 256 * (bytes[at + 1] ?? 0) : 0);
    const last = readings.at(-1);
    if (last?.prediction === prediction) last.last = epoch;
    else readings.push({ first: epoch, last: epoch, prediction });
  }
  return readings;
}

/** Maximum number of readings that are listed: more do not fit into two lines. */
const listedReadings = 6;

/** Describes the readings: "Epochs 1 to 3 as 5, 4 to 10 as 7"; the earliest of many are left out. */
export function epochReadingsText(readings: readonly EpochReading[], classes: readonly string[]): string {
  const shown = readings.slice(-listedReadings);
  const texts = shown.map(({ first, last, prediction }) => {
    const range = first === last ? String(first) : `${first} to ${last}`;
    return `${range} as ${classes[prediction] ?? prediction}`;
  });
  if (texts.length === 0) return '';
  const earlier = readings.length > shown.length ? '… ' : '';
  return `${shown.length === 1 && shown[0]?.first === shown[0]?.last ? 'Epoch' : 'Epochs'} ${earlier}${texts.join(', ')}`;
}
