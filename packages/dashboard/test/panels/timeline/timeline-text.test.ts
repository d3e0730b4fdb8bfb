import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  epochMarks,
  playedPosition,
  stepRange,
  timelineText,
} from '../../../src/panels/timeline/timeline-text.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';

const run = emptyRun('20261124-100000-test');
for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 20 })) applyEvent(run, event);

describe('the timeline', () => {
  it('goes from the first step of the run to the last', () => {
    expect(stepRange(run)).toEqual({ first: 1, last: 60 });
    expect(stepRange(emptyRun('none'))).toBeNull();
  });

  it('describes its position with the figures of that step', () => {
    expect(timelineText(run, null)).toBe('Now: batch 60');
    expect(timelineText(run, 41)).toMatch(/^Batch 41 of 60, epoch 3: loss \d\.\d+, accuracy \d+\.\d\d\s%$/);
  });

  it('marks the ends of epochs, unless there are too many', () => {
    expect(epochMarks(run, { first: 0, last: 80 })).toEqual([0.25, 0.5, 0.75]);
    const [epoch] = run.epochs;
    const epochs = Array.from({ length: 51 }, (_, index) => ({ ...epoch!, step: index + 1 }));
    expect(epochMarks({ epochs }, { first: 0, last: 80 })).toEqual([]);
  });

  it('is played in the chosen time, up to its end', () => {
    const options = { range: { first: 100, last: 400 }, seconds: 30 };
    expect(playedPosition(100, 1_000, options)).toBe(110);
    expect(playedPosition(399, 1_000, options)).toBe(400);
  });
});
