import { describe, expect, test } from '@jest/globals';
import { Progress } from '../../src/training/progress.ts';

describe('Progress', () => {
  test('reckons nothing from the first step, which is slower than the others', () => {
    const progress = new Progress({ steps: 10, epochs: 1 }, { clock: () => 0 });
    expect(progress.step(512, 4)).toEqual({ imagesPerSecond: 128, elapsedSeconds: 0, etaSeconds: null });
    expect(progress.step(512, 0.5).etaSeconds).toBeCloseTo(8 * 0.5);
  });

  test('counts the evaluations that are still to come, at the price of the last', () => {
    const progress = new Progress({ steps: 4, epochs: 2 }, { clock: () => 0 });
    progress.step(512, 1);
    progress.step(512, 1);
    progress.evaluation(3);
    expect(progress.step(512, 1).etaSeconds).toBeCloseTo(1 + 3);
  });

  test('tells the time since it began, and the time before that when it goes on', () => {
    let now = 1_000;
    const progress = new Progress({ steps: 1, epochs: 1 }, { clock: () => now });
    const resumed = new Progress({ steps: 1, epochs: 1 }, { clock: () => now, elapsedSeconds: 60 });
    now = 3_500;
    expect(progress.elapsedSeconds).toBe(2.5);
    expect(resumed.elapsedSeconds).toBe(62.5);
  });
});
