import { describe, expect, test } from '@jest/globals';
import type { Split } from '../../src/dataset/dataset.ts';
import { score } from '../../src/training/metrics.ts';
import { pickSamples } from '../../src/training/samples.ts';

const labels = Uint8Array.of(0, 1, 2, 3, 4);
const split: Split = {
  size: 5,
  labels,
  images: Uint8Array.from({ length: 5 * 784 }, (_, at) => Math.floor(at / 784)),
};
/** Right about 0 and 4; wrong about the others, surest about 2. */
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
const evaluation = score(logits, labels);

describe('pickSamples', () => {
  test('puts the surest mistakes first, then some that are right', () => {
    expect(pickSamples(split, evaluation).map(({ index }) => index)).toEqual([2, 3, 1, 0, 4]);
  });

  test('takes no more than asked for', () => {
    expect(pickSamples(split, evaluation, { worst: 1, right: 1 }).map(({ index }) => index)).toEqual([2, 0]);
  });

  test('says what each is, what it was taken for and how surely', () => {
    const [worst] = pickSamples(split, evaluation);
    expect(worst).toMatchObject({ index: 2, label: 2, prediction: 5 });
    expect(worst?.probabilities[5]).toBeGreaterThan(0.99);
    expect(Buffer.from(worst?.image as string, 'base64')).toEqual(Buffer.alloc(784, 2));
  });
});
