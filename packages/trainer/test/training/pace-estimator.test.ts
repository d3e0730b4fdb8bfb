import { describe, expect, test } from '@jest/globals';
import { PaceEstimator } from '../../src/training/pace-estimator.ts';
import { Stopwatch } from '../../src/training/stopwatch.ts';

describe('PaceEstimator', () => {
  const stopped = new Stopwatch(7, () => 0);

  test('estimates nothing from the first step, which is slower than the others', () => {
    const pace = new PaceEstimator({ steps: 10, epochs: 1 }, stopped);
    expect(pace.addStep(512, 4)).toEqual({ imagesPerSecond: 128, elapsedSeconds: 7, etaSeconds: null });
    expect(pace.addStep(512, 0.5).etaSeconds).toBeCloseTo(8 * 0.5);
  });

  test('includes the remaining evaluations, each as long as the last', () => {
    const pace = new PaceEstimator({ steps: 4, epochs: 2 }, stopped);
    pace.addStep(512, 1);
    pace.addStep(512, 1);
    pace.addEvaluation(3);
    expect(pace.addStep(512, 1).etaSeconds).toBeCloseTo(1 + 3);
  });
});
