import type { SamplePrediction, SamplesData } from '@mnist-monitor/shared/browser';
import { formatPercent } from '../../state/format.ts';

export const isRight = ({ label, prediction }: SamplePrediction): boolean => label === prediction;

const confidence = ({ probabilities, prediction }: SamplePrediction): number =>
  probabilities[prediction] ?? 0;

/** Mistakes first, the surest of them foremost; then what was right, the least sure foremost. */
export function orderSamples(items: readonly SamplePrediction[]): SamplePrediction[] {
  const wrong = items.filter((item) => !isRight(item)).sort((a, b) => confidence(b) - confidence(a));
  const right = items.filter(isRight).sort((a, b) => confidence(a) - confidence(b));
  return [...wrong, ...right];
}

/** Which predictions to show. */
export interface SampleFilter {
  verdict: (typeof verdicts)[number];
  /** The true class; null for all. */
  label: number | null;
}
export const verdicts = ['all', 'wrong', 'right'] as const;

export function filterSamples(
  items: readonly SamplePrediction[],
  { verdict, label }: SampleFilter,
): SamplePrediction[] {
  return items.filter(
    (item) =>
      (verdict === 'all' || isRight(item) === (verdict === 'right')) &&
      (label === null || item.label === label),
  );
}

/** The samples of one cell of the confusion matrix, the surest first. */
export function samplesOf(
  items: readonly SamplePrediction[],
  [truth, predicted]: readonly [number, number],
): SamplePrediction[] {
  return items
    .filter(({ label, prediction }) => label === truth && prediction === predicted)
    .sort((a, b) => confidence(b) - confidence(a));
}

/** The first `limit` of the ordered samples, a third of them right ones when there are that many. */
export function firstSamples(ordered: readonly SamplePrediction[], limit: number): SamplePrediction[] {
  const right = ordered.filter(isRight);
  const wrong = ordered.length - right.length;
  const shownWrong = Math.min(wrong, Math.max(limit - right.length, Math.floor((limit * 2) / 3)));
  return [...ordered.slice(0, shownWrong), ...right.slice(0, limit - shownWrong)];
}

/** What a card says: "Wrong: read as 9, 83 % sure; it is 4". */
export function sampleSentence(sample: SamplePrediction, classes: readonly string[]): string {
  const read = classes[sample.prediction] ?? String(sample.prediction);
  const sure = Number.isFinite(confidence(sample)) ? `, ${formatPercent(confidence(sample), 0)} sure` : '';
  if (isRight(sample)) return `Right: read as ${read}${sure}`;
  return `Wrong: read as ${read}${sure}; it is ${classes[sample.label] ?? sample.label}`;
}

/** "After epoch 3: 4 wrong, 8 right". */
export function samplesCaption({ epoch, items }: SamplesData): string {
  const right = items.filter(isRight).length;
  const wrong = items.length - right;
  return `After epoch ${epoch}: ${wrong} wrong, ${right} right`;
}

/** Probability as height from 0 to 1; what is not finite has none. */
export function barHeights(probabilities: readonly number[]): number[] {
  return probabilities.map((value) => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0));
}

/** The grey values of a sample's image, row by row. */
export function imagePixels(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
}
