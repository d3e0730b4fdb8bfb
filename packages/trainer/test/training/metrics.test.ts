import { describe, expect, test } from '@jest/globals';
import { type Evaluation, Scorer } from '../../src/training/metrics.ts';

/** Returns rows of logits, each favouring one class by `margin`. */
const favour = (margin: number, ...classes: number[]): Float32Array =>
  Float32Array.from(
    classes.flatMap((best) => Array.from({ length: 10 }, (_, at) => (at === best ? margin : 0))),
  );

/** Scores logits of ten classes, all at once. */
function scoreLogits(logits: Float32Array, labels: ArrayLike<number>): Evaluation {
  const scorer = new Scorer(Uint16Array.from(labels), 10);
  scorer.add(logits);
  return scorer.evaluation();
}

describe('Scorer', () => {
  test('counts hits in total, per class and in the confusion matrix', () => {
    const { accuracy, perClass, confusion, predictions } = scoreLogits(
      favour(5, 0, 1, 7, 7),
      Uint8Array.of(0, 1, 7, 2),
    );
    expect(accuracy).toBe(0.75);
    expect([...predictions]).toEqual([0, 1, 7, 7]);
    expect(perClass.slice(0, 3)).toEqual([1, 1, 0]);
    expect(perClass[7]).toBe(1);
    expect(confusion[2 * 10 + 7]).toBe(1);
    expect(confusion.reduce((sum, count) => sum + count, 0)).toBe(4);
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
    const { loss, top } = scoreLogits(favour(1e30, 4), Uint8Array.of(4));
    expect(loss).toBe(0);
    expect(top.probabilities[4]).toBe(1);
  });

  test('NaN logits give a NaN loss', () => {
    expect(scoreLogits(new Float32Array(10).fill(Number.NaN), Uint8Array.of(4)).loss).toBeNaN();
  });

  test('precision is the share of a class among the images predicted as the class', () => {
    const { precision, perClass } = scoreLogits(favour(5, 0, 7, 7, 7), [0, 7, 7, 2]);
    expect([precision[0], precision[7], precision[2]]).toEqual([1, 2 / 3, null]);
    expect([perClass[0], perClass[7], perClass[2]]).toEqual([1, 1, 0]);
  });

  test('calibration compares mean confidence and accuracy in 15 bins', () => {
    const sure = Math.exp(5) / (Math.exp(5) + 9);
    const { calibration } = scoreLogits(favour(5, 1, 2), [1, 3]);
    expect(calibration).toHaveLength(15);
    expect(calibration[14]).toEqual({ count: 2, confidence: expect.closeTo(sure, 6), accuracy: 0.5 });
    expect(calibration[0]).toEqual({ count: 0, confidence: null, accuracy: null });
    expect(scoreLogits(favour(0, 0), [0]).calibration[1]).toMatchObject({ count: 1, accuracy: 1 }); // 1/10
    expect(scoreLogits(favour(1e30, 0), [0]).calibration[14]).toMatchObject({ count: 1, confidence: 1 });
  });

  test('images may arrive in parts', () => {
    const labels = Uint16Array.of(0, 1, 2);
    const scorer = new Scorer(labels, 10);
    scorer.add(favour(3, 0, 5));
    scorer.add(favour(3, 2));
    expect(scorer.evaluation()).toEqual(scoreLogits(favour(3, 0, 5, 2), labels));
  });

  test('keeps the ten largest probabilities of many classes, in descending order', () => {
    const scorer = new Scorer(Uint16Array.of(0), 1_000);
    const logits = Float32Array.from({ length: 1_000 }, (_, at) => ((at * 7_919) % 1_000) / 100);
    scorer.add(logits);
    const { top, predictions, confidences } = scorer.evaluation();
    const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, 10);
    expect([...top.classes]).toEqual(order);
    expect(predictions[0]).toBe(order[0]);
    expect(top.probabilities[0]).toBe(confidences[0]);
  });

  test('has of equal probabilities those of the first classes', () => {
    const scorer = new Scorer(Uint16Array.of(0), 12);
    scorer.add(Float32Array.from({ length: 12 }, (_, at) => (at === 11 ? 1 : 0)));
    expect([...scorer.evaluation().top.classes]).toEqual([11, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(scoreLogits(favour(0, 0), [3]).predictions[0]).toBe(0);
  });

  test('has the probabilities of each image at its place, of few classes in their order', () => {
    const { top } = scoreLogits(favour(2, 3, 4), [3, 4]);
    const [sure, other] = [Math.exp(2) / (Math.exp(2) + 9), 1 / (Math.exp(2) + 9)];
    expect(top.count).toBe(10);
    expect([...top.classes]).toEqual([...Array(10).keys(), ...Array(10).keys()]);
    [...top.probabilities].forEach((value, at) => {
      expect(value).toBeCloseTo(at === 3 || at === 14 ? sure : other, 6);
    });
  });

  test('has the confidence of each image, and in no bin one that is not a number', () => {
    const { confidences, calibration } = scoreLogits(
      Float32Array.from([...favour(2, 3), ...Array(10).fill(Number.NaN)]),
      [3, 4],
    );
    expect(confidences[0]).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 9), 6);
    expect(confidences[1]).toBeNaN();
    expect(calibration.reduce((sum, { count }) => sum + count, 0)).toBe(1);
  });
});
