import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { applyEvent, emptyRun } from '../../src/state/run.ts';
import { createCachedRunAtStep } from '../../src/state/run-at-step.ts';

const run = emptyRun('20261124-100000-test');
for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 20 })) applyEvent(run, event);
run.predictions = run.epochs.map(({ epoch, step }) => ({
  ...{ epoch, step, bytes: new Uint8Array([epoch]) },
  confidences: undefined,
}));

describe('a run at a step', () => {
  it('has the epochs that had ended, and their samples', () => {
    const runAtStepOf = createCachedRunAtStep();
    const ended = (step: number | null) => {
      const { epochs, samples } = runAtStepOf(run, step);
      return [epochs.map(({ epoch }) => epoch), samples.map(({ epoch }) => epoch)];
    };
    expect(ended(19)).toEqual([[], []]);
    expect(ended(20)).toEqual([[1], [1]]);
    expect(ended(45)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(ended(null)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('has the predictions of the epochs that had ended, which the panels of the test images share', () => {
    const runAtStepOf = createCachedRunAtStep();
    const ended = (step: number | null) => runAtStepOf(run, step).predictions.map(({ epoch }) => epoch);
    expect([19, 20, 45, 60, null].map(ended)).toEqual([[], [1], [1, 2], [1, 2, 3], [1, 2, 3]]);
    const { predictions } = runAtStepOf(run, 45);
    expect(runAtStepOf({ ...run, samples: [] }, 45).predictions).toBe(predictions);
  });

  it('is now at the latest step and beyond it', () => {
    const runAtStepOf = createCachedRunAtStep();
    expect(runAtStepOf(run, 60).step).toBeNull();
    expect(runAtStepOf(run, 5_000).step).toBeNull();
    expect(runAtStepOf(run, 59).step).toBe(59);
  });

  it('is the same object until it changes, so that panels can compare it', () => {
    const runAtStepOf = createCachedRunAtStep();
    expect(runAtStepOf(run, 30)).toBe(runAtStepOf(run, 30));
    expect(runAtStepOf(run, 30)).not.toBe(runAtStepOf(run, 31));
  });
});
