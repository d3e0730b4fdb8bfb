import { describe, expect, test } from '@jest/globals';
import type { Split } from '../../src/dataset/dataset.ts';
import { Scorer } from '../../src/training/metrics.ts';
import { selectSamples } from '../../src/training/samples.ts';

const labels = Uint16Array.of(0, 1, 2, 3, 4);
const split: Split = {
  size: 5,
  labels,
  classCount: 10,
  images: Uint8Array.from({ length: 5 * 784 }, (_, at) => Math.floor(at / 784)),
};
/** Logits that predict images 0 and 4 correctly and the others wrongly, image 2 with the highest confidence. */
const logits = Float32Array.from(
  [
    [0, 3],
    [5, 2],
    [5, 9],
    [5, 4],
    [4, 3],
  ].flatMap(([best, margin]) =>
    Array.from({ length: 10 }, (_, at) => (at === best ? (margin as number) : 0)),
  ),
);
const scorer = new Scorer(labels, 10);
scorer.add(logits);
const evaluation = scorer.evaluation();

describe('selectSamples', () => {
  test('returns the most confident mistakes first, then correct ones', () => {
    expect(selectSamples(split, evaluation).map(({ index }) => index)).toEqual([2, 3, 1, 0, 4]);
  });

  test('returns at most the requested numbers', () => {
    expect(selectSamples(split, evaluation, { worst: 1, correct: 1 }).map(({ index }) => index)).toEqual([
      2, 0,
    ]);
  });

  test('contains label, prediction, probabilities and pixels', () => {
    const [worst] = selectSamples(split, evaluation);
    expect(worst).toMatchObject({ index: 2, label: 2, prediction: 5 });
    expect(worst?.probabilities[5]).toBeGreaterThan(0.99);
    expect(Buffer.from(worst?.image as string, 'base64')).toEqual(Buffer.alloc(784, 2));
  });

  test('contains the ten largest probabilities and their classes when there are more classes', () => {
    const many = new Scorer(Uint16Array.of(7), 12);
    many.add(Float32Array.from({ length: 12 }, (_, at) => (at === 3 ? 5 : at / 10)));
    const one = { size: 1, labels: Uint16Array.of(7), images: new Uint8Array(784), classCount: 12 };
    const [sample] = selectSamples(one, many.evaluation());
    expect(sample).toMatchObject({ label: 7, prediction: 3, classes: [3, 11, 10, 9, 8, 7, 6, 5, 4, 2] });
    const { probabilities } = sample!;
    expect(probabilities).toHaveLength(10);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  });
});
