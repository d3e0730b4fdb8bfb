import type { EpochPredictions } from '../../state/predictions.ts';

/** How the reading of one test image changed over the epochs. */
export interface ImageHistory {
  /** Index in the test set, from 0. */
  index: number;
  label: number;
  /** The prediction of the latest epoch. */
  prediction: number;
  /** Number of epochs in which the image was misread. */
  misread: number;
  /** The first epoch in which it was read correctly; undefined if there is none. */
  learned: number | undefined;
  /** How often an epoch misread what the one before had read correctly. Source: Toneva et al. 2019. */
  forgotten: number;
}

/** Returns the classes in a list of bytes: one byte each or, of more than 256 classes, two (the low byte first). */
export const classesIn = (bytes: Uint8Array, classCount: number): ArrayLike<number> =>
  classCount <= 256
    ? bytes
    : Uint16Array.from(
        { length: bytes.length >> 1 },
        (_, at) => (bytes[2 * at] as number) + 256 * (bytes[2 * at + 1] as number),
      );

/**
 * Returns the images that were misread in at least one of the epochs, those that were misread most often first.
 * @param labels The true class of each image.
 */
export function imageHistories(
  epochs: readonly EpochPredictions[],
  labels: ArrayLike<number>,
  classCount: number,
): ImageHistory[] {
  const predictions = epochs.map(({ epoch, bytes }) => ({ epoch, classes: classesIn(bytes, classCount) }));
  const last = predictions.at(-1);
  if (!last) return [];
  const found: ImageHistory[] = [];
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as number;
    let [misread, forgotten, learned]: [number, number, number | undefined] = [0, 0, undefined];
    let wasRight = false;
    for (const { epoch, classes } of predictions) {
      const isRight = classes[index] === label;
      if (!isRight) misread++;
      if (isRight) learned ??= epoch;
      else if (wasRight) forgotten++;
      wasRight = isRight;
    }
    const prediction = last.classes[index] as number;
    if (misread > 0) found.push({ index, label, prediction, misread, learned, forgotten });
  }
  return found.sort((a, b) => b.misread - a.misread || b.forgotten - a.forgotten || a.index - b.index);
}

/** Describes how the reading changed: "Misread in 3 of 5 epochs: learned at epoch 3, forgotten twice". */
export function historyText({ misread, learned, forgotten }: ImageHistory, epochs: number): string {
  const often = ['', 'once', 'twice'][forgotten] ?? `${forgotten} times`;
  const parts = [
    learned === undefined ? 'never read correctly' : `learned at epoch ${learned}`,
    ...(forgotten > 0 ? [`forgotten ${often}`] : []),
  ];
  return `Misread in ${misread} of ${epochs} epochs: ${parts.join(', ')}`;
}

/** Returns the histories as CSV. */
export const historiesCsv = (histories: readonly ImageHistory[]): string =>
  [
    'index,label,prediction,misread,learned,forgotten',
    ...histories.map(({ index, label, prediction, misread, learned, forgotten }) =>
      [index, label, prediction, misread, learned ?? '', forgotten].join(','),
    ),
    '',
  ].join('\n');
