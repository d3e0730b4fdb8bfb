import { describe, expect, test } from '@jest/globals';
import { snapshotSteps } from '../../src/inspection/snapshot-steps.ts';

/** Returns the steps of a run with a snapshot. */
function stepsOf(epochs: number, batchesPerEpoch: number): number[] {
  const isDue = snapshotSteps({ epochs, batchesPerEpoch });
  return Array.from({ length: epochs * batchesPerEpoch }, (_, at) => at + 1).filter(isDue);
}

describe('snapshotSteps', () => {
  test.each([
    [10, 118],
    [1, 1],
    [1, 118],
    [32, 10],
    [33, 10],
    [100, 3],
    [1_000, 118],
    [7, 100_003],
  ])('of %i epochs of %i batches are at most 64, the first and the last among them', (epochs, batches) => {
    const steps = stepsOf(epochs, batches);
    expect(steps.length).toBeLessThanOrEqual(64);
    expect(steps.at(0)).toBe(1);
    expect(steps.at(-1)).toBe(epochs * batches);
  });

  test('contain the end of every epoch of a usual run, and steps at equal distances', () => {
    const steps = stepsOf(10, 118);
    expect(steps).toEqual(expect.arrayContaining([118, 236, 354, 472, 590, 708, 826, 944, 1062, 1180]));
    const between = steps.filter((step) => step % 118 !== 0 && step !== 1);
    expect(new Set(between.map((step) => step % 23))).toEqual(new Set([0]));
    expect(steps.length).toBeGreaterThan(50);
  });
});
