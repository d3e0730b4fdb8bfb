import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { epochResults } from '../../../src/panels/test-results/epoch-results.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';

const run = emptyRun('20261124-100000-test');
for (const event of sampleRun({ epochs: 3 })) applyEvent(run, event);

describe('the results of an epoch', () => {
  it('are those of the latest epoch, with the previous one', () => {
    const results = epochResults(run);
    expect([results?.epoch.epoch, results?.previous?.epoch, results?.samples?.epoch]).toEqual([3, 2, 3]);
    expect(results?.classes).toHaveLength(10);
  });

  it('have no previous epoch in the first one, and no samples when none are kept', () => {
    const results = epochResults({ ...run, epochs: run.epochs.slice(0, 1) });
    expect([results?.epoch.epoch, results?.previous, results?.samples?.epoch]).toEqual([1, undefined, 1]);
    expect(epochResults({ ...run, samples: [] })?.samples).toBeNull();
  });

  it('of a resumed run have no samples of an epoch that is repeated', () => {
    const repeated = { ...run, epochs: run.epochs.slice(0, 2) };
    expect(epochResults(repeated)?.samples?.epoch).toBe(2);
    expect(epochResults({ ...repeated, samples: run.samples.slice(2) })?.samples).toBeNull();
  });

  it('have the samples of the epoch before until those of the latest arrive', () => {
    expect(epochResults({ ...run, samples: run.samples.slice(0, 2) })?.samples?.epoch).toBe(2);
  });

  it('are null before the first epoch', () => {
    expect(epochResults(emptyRun('none'))).toBeNull();
  });
});
