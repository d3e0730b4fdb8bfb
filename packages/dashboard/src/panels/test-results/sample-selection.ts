import type { EpochData, SamplePrediction, SamplesData } from '../../state/event-data.ts';
import { className, formatPercent } from '../../state/format.ts';
import type { CellPosition } from './confusion-matrix.ts';

/** Returns whether the prediction is correct. */
export const isRight = ({ label, prediction }: SamplePrediction): boolean => label === prediction;

/** Returns the probability of a class; undefined when the sample has only the largest probabilities, without this one. */
export function probabilityOf(
  { probabilities, classes }: SamplePrediction,
  label: number,
): number | undefined {
  return probabilities[classes ? classes.indexOf(label) : label];
}

const confidence = (sample: SamplePrediction): number => probabilityOf(sample, sample.prediction) ?? 0;

/** Sorts samples: mistakes first, in descending order of confidence, then correct ones in ascending order. */
export function orderSamples(items: readonly SamplePrediction[]): SamplePrediction[] {
  const wrong = items.filter((item) => !isRight(item)).sort((a, b) => confidence(b) - confidence(a));
  const right = items.filter(isRight).sort((a, b) => confidence(a) - confidence(b));
  return [...wrong, ...right];
}

/** The viewer's choice of samples. */
export interface SampleFilter {
  outcome: (typeof outcomes)[number];
  /** The true class; null for all. */
  label: number | null;
}
export const outcomes = ['all', 'wrong', 'right'] as const;

/** Returns the samples that match a filter. */
export function filterSamples(
  items: readonly SamplePrediction[],
  { outcome, label }: SampleFilter,
): SamplePrediction[] {
  return items.filter(
    (item) =>
      (outcome === 'all' || isRight(item) === (outcome === 'right')) &&
      (label === null || item.label === label),
  );
}

/** Returns the samples of one cell of the confusion matrix, in descending order of confidence. */
export function samplesOf(
  items: readonly SamplePrediction[],
  [truth, predicted]: CellPosition,
): SamplePrediction[] {
  return items
    .filter(({ label, prediction }) => label === truth && prediction === predicted)
    .sort((a, b) => confidence(b) - confidence(a));
}

/** Returns at most `limit` of the sorted samples: mistakes and then correct ones, which are a third if there are enough of both. */
export function firstSamples(ordered: readonly SamplePrediction[], limit: number): SamplePrediction[] {
  const right = ordered.filter(isRight);
  const wrong = ordered.length - right.length;
  const shownWrong = Math.min(wrong, Math.max(limit - right.length, Math.floor((limit * 2) / 3)));
  return [...ordered.slice(0, shownWrong), ...right.slice(0, limit - shownWrong)];
}

/** Describes a sample: "Wrong: classified as 9, 83 % sure; it is 4". */
export function sampleSentence(sample: SamplePrediction, classes: readonly string[]): string {
  const predicted = className(classes, sample.prediction);
  const sure = Number.isFinite(confidence(sample)) ? `, ${formatPercent(confidence(sample), 0)} sure` : '';
  if (isRight(sample)) return `Right: classified as ${predicted}${sure}`;
  return `Wrong: classified as ${predicted}${sure}; it is ${className(classes, sample.label)}`;
}

/**
 * Returns the caption of the samples, which do not represent all test images: "After epoch 3: 4 wrong, 8 right, the surest mistakes
 * first. Of all test images, 1.15 % are wrong."
 */
export function samplesCaption(
  { epoch, items }: SamplesData,
  { tested, unit }: { tested: Pick<EpochData, 'epoch' | 'test'>; unit: string },
): string {
  const right = items.filter(isRight).length;
  const wrong = items.length - right;
  const order = wrong === 0 ? ', the least sure first' : ', the surest mistakes first';
  const accuracy = tested.epoch === epoch ? tested.test?.accuracy : undefined;
  const share =
    typeof accuracy === 'number' && Number.isFinite(accuracy)
      ? ` Of all test ${unit}, ${formatPercent(1 - accuracy)} are wrong.`
      : '';
  return `After epoch ${epoch}: ${wrong} wrong, ${right} right${items.length > 1 ? order : ''}.${share}`;
}

/** Returns the height of each probability's bar, from 0 to 1; 0 when it is not finite. */
export function barHeights(probabilities: readonly number[]): number[] {
  return probabilities.map((value) => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0));
}
