import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { createCachedMoment } from '../../src/state/moment.ts';
import { applyEvent, emptyRun } from '../../src/state/run.ts';

const run = emptyRun('20261124-100000-test');
for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 20 })) applyEvent(run, event);

describe('a moment of a run', () => {
  it('has the epochs that had ended, and their samples', () => {
    const momentOf = createCachedMoment();
    const ended = (step: number | null) => {
      const { epochs, samples } = momentOf(run, step);
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

  it('is now at the latest step and beyond it', () => {
    const momentOf = createCachedMoment();
    expect(momentOf(run, 60).step).toBeNull();
    expect(momentOf(run, 5_000).step).toBeNull();
    expect(momentOf(run, 59).step).toBe(59);
  });

  it('is the same object until it changes, so that panels can compare it', () => {
    const momentOf = createCachedMoment();
    expect(momentOf(run, 30)).toBe(momentOf(run, 30));
    expect(momentOf(run, 30)).not.toBe(momentOf(run, 31));
  });
});
