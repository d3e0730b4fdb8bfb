import { describe, expect, it } from '@jest/globals';
import {
  accuracyAt,
  errorPosition,
  errorRange,
  errorScaleOf,
  errorTicks,
} from '../../../src/panels/charts/error-scale.ts';
import { emptyRun, type Run } from '../../../src/state/run.ts';

const runWith = (testSize: number | null): { run: Run } => {
  const run = emptyRun('20261124-100000-test');
  run.started = { config: { testSize } } as Run['started'];
  return { run };
};
const scale = errorScaleOf([runWith(10_000)]);
const at = (accuracy: number): number => errorPosition(scale, accuracy);

describe('the error scale', () => {
  it('ends half a test image before 100 %, of the run with the most test images, or as on MNIST', () => {
    expect(scale.end).toBe(0.99995);
    expect(errorScaleOf([runWith(1_000), runWith(10_000)]).end).toBe(0.99995);
    for (const run of [runWith(null), { run: emptyRun('unknown') }])
      expect(errorScaleOf([run]).end).toBe(0.99995);
    expect(errorScaleOf([runWith(1)]).end).toBe(0.975);
  });

  it('has about equal distances from guessing to 90, 99 and 99.9 %, and to its end', () => {
    const positions = [0.1, 0.5, 0.9, 0.99, 0.999, 1].map(at);
    const distances = positions.slice(1).map((position, index) => position - (positions[index] as number));
    for (const distance of distances) {
      expect(distance).toBeGreaterThan(0.65);
      expect(distance).toBeLessThan(1.35);
    }
  });

  it('has a finite, ascending position for every accuracy, also for 0 and 1', () => {
    const positions = Array.from({ length: 1_001 }, (_, index) => at(index / 1_000));
    expect(positions.every(Number.isFinite)).toBe(true);
    for (const [index, position] of positions.slice(1).entries())
      expect(position).toBeGreaterThan(positions[index] as number);
    expect(at(1)).toBe(at(scale.end));
  });

  it('gives the accuracy back at its position', () => {
    for (const accuracy of [-0.02, 0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9995, 1, 1.05])
      expect(accuracyAt(scale, at(accuracy))).toBeCloseTo(accuracy, 12);
  });

  it.each([
    ['no accuracy', []],
    ['guessing', [0.1, 0.98]],
    ['accuracies of 0 and 1', [0, 1]],
    ['accuracies below 50 %', [0.2, 0.4]],
    ['high accuracies', [0.962, 0.99]],
    ['an accuracy at a round value', [0.95, 0.97]],
    ['accuracies of 1', [1, 1]],
  ])('has a range that hides nothing: %s', (_name, accuracies) => {
    const { min, max } = errorRange(scale, accuracies);
    expect(max).toBeGreaterThan(1);
    expect(min).toBeLessThan(1);
    for (const accuracy of accuracies) {
      // In full, and not on the edge.
      expect(at(accuracy) - at(min)).toBeGreaterThan(0.02 * (at(max) - at(min)));
      expect(at(max) - at(accuracy)).toBeGreaterThan(0.02 * (at(max) - at(min)));
    }
  });

  it('starts at a round value just below high accuracies', () => {
    expect(errorRange(scale, [0.962, 0.99]).min).toBe(0.95);
    expect(errorRange(scale, [0.9992, 1]).min).toBe(0.999);
  });

  it('has ticks at 100, 90, 99, 99.9 % first, and finer ones where there is room', () => {
    const whole = errorRange(scale, [0, 1]);
    expect(errorTicks(scale, whole, 0.13)).toEqual([0, 0.5, 0.9, 0.99, 0.999, 1]);
    expect(errorTicks(scale, whole, 0.04)).toEqual(
      expect.arrayContaining([0.25, 0.8, 0.95, 0.98, 0.995, 0.9995, 1]),
    );
    expect(errorTicks(scale, errorRange(scale, [0.992]), 0.13)).toEqual([0.99, 0.997, 0.999, 0.9998, 1]);
    expect(errorTicks(errorScaleOf([runWith(20)]), { min: 0, max: 1.01 }, 0.1)).toContain(1);
  });
});
