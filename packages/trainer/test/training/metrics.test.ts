import { describe, expect, test } from '@jest/globals';
import { scoreLogits } from '../../src/training/metrics.ts';

/** Returns rows of logits, each favouring one class by `margin`. */
const favour = (margin: number, ...classes: number[]): Float32Array =>
  Float32Array.from(
    classes.flatMap((best) => Array.from({ length: 10 }, (_, at) => (at === best ? margin : 0))),
  );

describe('scoreLogits', () => {
  test('counts hits in total, per class and in the confusion matrix', () => {
    const { accuracy, perClass, confusion, predictions } = scoreLogits(
      favour(5, 0, 1, 7, 7),
      Uint8Array.of(0, 1, 7, 2),
    );
    expect(accuracy).toBe(0.75);
    expect([...predictions]).toEqual([0, 1, 7, 7]);
    expect(perClass.slice(0, 3)).toEqual([1, 1, 0]);
    expect(perClass[7]).toBe(1);
    expect(confusion[2]?.[7]).toBe(1);
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(4);
  });

  test('a class without images has no accuracy', () => {
    expect(scoreLogits(favour(1, 0), Uint8Array.of(0)).perClass[9]).toBeNull();
  });

  test('the loss is the mean cross-entropy in nats', () => {
    expect(scoreLogits(favour(0, 0), Uint8Array.of(3)).loss).toBeCloseTo(Math.log(10), 6);
    const sure = Math.exp(2) / (Math.exp(2) + 9);
    expect(scoreLogits(favour(2, 4, 4), Uint8Array.of(4, 4)).loss).toBeCloseTo(-Math.log(sure), 6);
  });

  test('large logits overflow neither loss nor probabilities', () => {
    const { loss, probabilities } = scoreLogits(favour(1e30, 4), Uint8Array.of(4));
    expect(loss).toBe(0);
    expect(probabilities[4]).toBe(1);
  });

  test('NaN logits give a NaN loss', () => {
    expect(scoreLogits(new Float32Array(10).fill(Number.NaN), Uint8Array.of(4)).loss).toBeNaN();
  });
});
