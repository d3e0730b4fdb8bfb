import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { recallSummary } from '../../../src/panels/test-results/class-table.ts';
import { nonZeroCells } from '../../../src/panels/test-results/confusion-matrix.ts';
import { type EpochResults, epochResults } from '../../../src/panels/test-results/epoch-results.ts';
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

  it('leave out classes that the run does not have, as those of old stored runs, and count their images', () => {
    const [epoch] = run.epochs;
    if (!epoch || !run.started) throw new TypeError('expected an epoch');
    const started = { ...run.started, dataset: { name: 'Three', classes: ['a', 'b', 'c'] } };
    const resultsOf = (test: NonNullable<typeof epoch.test>) =>
      epochResults({ epochs: [{ ...epoch, test }], samples: [], started });
    const confusion = [
      [5, 1, 0, 2],
      [0, 4, 0, 0],
      [0, 0, 3, 0],
      [1, 0, 0, 9],
    ];
    const four = resultsOf({ confusion, perClass: [1, 1, 1, 0], recall: [1, 1, 1, 0] });
    expect(four?.classes).toEqual(['a', 'b', 'c']);
    expect(four?.outside).toBe(12);
    expect(nonZeroCells(four?.epoch.test)).toEqual([
      { truth: 0, predicted: 0, count: 5 },
      { truth: 0, predicted: 1, count: 1 },
      { truth: 1, predicted: 1, count: 4 },
      { truth: 2, predicted: 2, count: 3 },
    ]);
    expect(four?.epoch.test?.perClass).toHaveLength(3);
    expect(recallSummary(four as EpochResults)).not.toContain('undefined');
    expect(
      resultsOf({
        confusionCells: [
          [0, 0, 5],
          [7, 1, 2],
        ],
      })?.outside,
    ).toBe(2);
    expect(resultsOf({ perClass: [1, 0.5, 0.5] })?.outside).toBeUndefined();
  });

  it('name classes by their numbers where the run has announced none', () => {
    const [epoch] = run.epochs;
    const test = {
      confusionCells: [
        [0, 0, 5],
        [4, 1, 2],
      ],
    };
    const results = epochResults({
      ...{ epochs: [{ ...epoch, epoch: 1, step: 1, test }], samples: [], started: null },
    });
    expect(results?.classes).toEqual(['0', '1', '2', '3', '4']);
  });

  it('are null before the first epoch', () => {
    expect(epochResults(emptyRun('none'))).toBeNull();
  });
});
