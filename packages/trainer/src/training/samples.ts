import { bytesPerImage } from '@mnist-monitor/shared';
import type { Split } from '../dataset/dataset.ts';
import type { SamplePrediction } from '../event-data.ts';
import type { Evaluation } from './metrics.ts';

/** Largest numbers of images that `selectSamples` returns. */
export interface SampleCounts {
  /** Misclassified images, those with the highest confidence first. */
  worst: number;
  /** Correctly classified images, the first ones of each class. */
  correct: number;
}

const defaults: SampleCounts = { worst: 18, correct: 10 };

/** Selects test images with their predictions: the most confident mistakes, then some correct ones. */
export function selectSamples(split: Split, evaluation: Evaluation, counts = defaults): SamplePrediction[] {
  return [
    ...worstMistakes(split, evaluation, counts.worst),
    ...firstCorrect(split, evaluation, counts.correct),
  ].map((index) => describe(split, evaluation, index));
}

function worstMistakes({ labels }: Split, { predictions, confidences }: Evaluation, count: number): number[] {
  const confidence = (index: number): number => confidences[index];
  return [...labels.keys()]
    .filter((index) => predictions[index] !== labels[index])
    .sort((a, b) => confidence(b) - confidence(a))
    .slice(0, count);
}

function firstCorrect(
  { labels, size, classCount }: Split,
  { predictions }: Evaluation,
  count: number,
): number[] {
  const seen = new Array<number>(classCount).fill(0);
  const perClass = Math.ceil(count / classCount);
  const found: number[] = [];
  for (let index = 0; index < size && found.length < count; index++) {
    const label = labels[index];
    if (predictions[index] !== label || seen[label] >= perClass) continue;
    seen[label]++;
    found.push(index);
  }
  return found.sort((a, b) => labels[a] - labels[b]);
}

function describe(
  { images, labels, classCount }: Split,
  { predictions, top }: Evaluation,
  index: number,
): SamplePrediction {
  const pixels = images.subarray(index * bytesPerImage, (index + 1) * bytesPerImage);
  const [from, to] = [index * top.count, (index + 1) * top.count];
  return {
    index,
    label: labels[index],
    prediction: predictions[index],
    probabilities: Array.from(top.probabilities.subarray(from, to), (value) => Math.round(value * 1e5) / 1e5),
    ...(classCount > top.count && { classes: [...top.classes.subarray(from, to)] }),
    image: Buffer.from(pixels).toString('base64'),
  };
}
