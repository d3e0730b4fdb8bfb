import { formatPercent } from '../../state/format.ts';
import { classesIn, type EpochPredictions } from '../../state/predictions.ts';

/** The answers of the epochs for one test image. */
export interface ImageHistory {
  /** Index in the test set, from 0. */
  index: number;
  label: number;
  /** The prediction of the latest epoch. */
  prediction: number;
  /** Probability of that prediction, from 0 to 1; undefined where it was not sent. */
  confidence: number | undefined;
  /** Number of epochs in which the image was misread. */
  misread: number;
  /** The first epoch in which it was read correctly; undefined if there is none. */
  learned: number | undefined;
  /** The number of epochs that misread the image after the one before had read it correctly. Source: Toneva et al. 2019. */
  forgotten: number;
}

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
  const { confidences } = epochs.at(-1) as EpochPredictions;
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
    const byte = confidences?.[index];
    const confidence = byte === undefined ? undefined : byte / 255;
    if (misread > 0) found.push({ index, label, prediction, confidence, misread, learned, forgotten });
  }
  return found.sort(comparisons.hardest);
}

const hardestFirst = (a: ImageHistory, b: ImageHistory): number =>
  b.misread - a.misread || b.forgotten - a.forgotten || a.index - b.index;

/** The orders of the images. In an order by confidence, an image without one comes last. */
const comparisons = {
  hardest: hardestFirst,
  surest: (a, b) => (b.confidence ?? -1) - (a.confidence ?? -1) || hardestFirst(a, b),
  leastSure: (a, b) => (a.confidence ?? 2) - (b.confidence ?? 2) || hardestFirst(a, b),
} as const satisfies Record<string, (a: ImageHistory, b: ImageHistory) => number>;
export type ImageOrder = keyof typeof comparisons;

/** Returns the images, which are given with the hardest first, in an order. */
export const inOrder = (histories: readonly ImageHistory[], order: ImageOrder): readonly ImageHistory[] =>
  order === 'hardest' ? histories : histories.toSorted(comparisons[order]);

/** Describes the latest reading: "7, read as 2 with 93 %", or "7, read correctly now with 51 %". */
export function latestReadingText(
  { label, prediction, confidence }: ImageHistory,
  classes: readonly string[],
): string {
  const name = (each: number): string => classes[each] ?? String(each);
  const how = label === prediction ? 'read correctly now' : `read as ${name(prediction)}`;
  // A byte cannot tell 99.9 % from 100 %.
  const percent = (share: number): string =>
    share > 0.99 ? `over ${formatPercent(0.99, 0)}` : formatPercent(share, 0);
  const sure = confidence === undefined ? '' : ` with ${percent(confidence)}`;
  return `${name(label)}, ${how}${sure}`;
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
    'index,label,prediction,confidence,misread,learned,forgotten',
    ...histories.map(({ index, label, prediction, confidence, misread, learned, forgotten }) =>
      [index, label, prediction, confidence?.toFixed(3) ?? '', misread, learned ?? '', forgotten].join(','),
    ),
    '',
  ].join('\n');
