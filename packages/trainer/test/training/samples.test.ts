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

  test('returns as many correct images of each class, in the order of the classes', () => {
    const given = [1, 0, 1, 0, 1, 0, 2];
    const own = Uint16Array.from(given);
    const three = new Scorer(own, 3);
    three.add(Float32Array.from(given.flatMap((label) => [0, 1, 2].map((at) => (at === label ? 3 : 0)))));
    const all = { size: 7, labels: own, images: new Uint8Array(7 * 784), classCount: 3 };
    const indexes = (correct: number) =>
      selectSamples(all, three.evaluation(), { worst: 0, correct }).map(({ index }) => index);
    expect(indexes(6)).toEqual([1, 3, 0, 2, 6]);
    expect(indexes(4)).toEqual([1, 3, 0, 2]);
    expect(indexes(3)).toEqual([1, 0, 6]);
  });

  test('returns 18 mistakes and 10 correct images by default, and no mistake twice', () => {
    const size = 60;
    const own = new Uint16Array(size).map((_, at) => at % 10);
    const scorer = new Scorer(own, 10);
    // The first thirty are recognized.
    scorer.add(
      Float32Array.from({ length: size * 10 }, (_, at) => {
        const image = Math.floor(at / 10);
        return at % 10 === (own[image]! + (image < 30 ? 0 : 1)) % 10 ? 3 : 0;
      }),
    );
    const many = { size, labels: own, images: new Uint8Array(size * 784), classCount: 10 };
    const samples = selectSamples(many, scorer.evaluation());
    const correct = samples.filter(({ label, prediction }) => label === prediction);
    expect([samples.length, correct.length]).toEqual([28, 10]);
    expect(new Set(correct.map(({ label }) => label)).size).toBe(10);
    expect(new Set(samples.map(({ index }) => index)).size).toBe(28);
  });

  test('rounds probabilities to five digits, and names no classes when all are there', () => {
    const [worst] = selectSamples(split, evaluation);
    expect(worst).not.toHaveProperty('classes');
    const { top } = evaluation;
    worst!.probabilities.forEach((value, at) => {
      expect(value).toBeCloseTo(top.probabilities[2 * 10 + at]!, 5);
      expect(String(value).length).toBeLessThanOrEqual('0.12345'.length);
    });
  });
});
