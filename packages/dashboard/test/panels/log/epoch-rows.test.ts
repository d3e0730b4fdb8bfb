import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { epochRows, epochSoFar } from '../../../src/panels/log/epoch-rows.ts';
import type { EpochData } from '../../../src/state/event-data.ts';
import { formatLoss } from '../../../src/state/format.ts';
import { applyEvent, emptyRun, type Run } from '../../../src/state/run.ts';

const epochs = sampleRun().flatMap((event): EpochData[] => (event.type === 'epoch' ? [event.data] : []));

/** Returns a sample run of 3 epochs of 20 batches, as it is after the batch of a step. */
function runAfter(step: number): Run {
  const run = emptyRun('20261124-100000-test');
  for (const event of sampleRun()) {
    applyEvent(run, event);
    if (event.type === 'batch' && event.data.step === step) break;
  }
  return run;
}

describe('the table of epochs', () => {
  it('has the newest first and marks the best', () => {
    const rows = epochRows(epochs);
    expect(rows.map(({ epoch }) => epoch)).toEqual(['3', '2', '1']);
    expect(rows.map(({ best }) => best)).toEqual([true, false, false]);
  });

  it.each(['accuracy', 'loss'])('marks no epoch as the best when no test %s is a number', (figure) => {
    const lost = epochs.map((epoch) => ({ ...epoch, test: { ...epoch.test, [figure]: Number.NaN } }));
    expect(epochRows(lost).some(({ best }) => best)).toBe(false);
  });

  it('has the means of the batches so far in the line of the epoch that the run is in', () => {
    const run = runAfter(23);
    const losses = [21, 22, 23].map((step) => run.steps.at('loss', step) as number);
    const mean = losses.reduce((sum, loss) => sum + loss) / losses.length;
    expect(epochSoFar(run)).toMatchObject({
      epoch: '2',
      trainLoss: formatLoss(mean),
      testLoss: '–',
      seconds: '–',
    });
  });

  it('has no such line after the end of an epoch that no batch has followed, and of the run', () => {
    const run = runAfter(Number.POSITIVE_INFINITY);
    expect(epochSoFar(run)).toBeUndefined();
    expect(epochSoFar({ ...run, finished: null })).toBeUndefined();
  });
});
