import { describe, expect, test } from '@jest/globals';
import { PaceEstimator } from '../../src/training/pace.ts';
import { Stopwatch } from '../../src/training/stopwatch.ts';

describe('PaceEstimator', () => {
  const still = new Stopwatch(7, () => 0);

  test('reckons nothing from the first step, which is slower than the others', () => {
    const progress = new PaceEstimator({ steps: 10, epochs: 1 }, still);
    expect(progress.step(512, 4)).toEqual({ imagesPerSecond: 128, elapsedSeconds: 7, etaSeconds: null });
    expect(progress.step(512, 0.5).etaSeconds).toBeCloseTo(8 * 0.5);
  });

  test('counts the evaluations that are still to come, at the price of the last', () => {
    const progress = new PaceEstimator({ steps: 4, epochs: 2 }, still);
    progress.step(512, 1);
    progress.step(512, 1);
    progress.evaluation(3);
    expect(progress.step(512, 1).etaSeconds).toBeCloseTo(1 + 3);
  });
});
