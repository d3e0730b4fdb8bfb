import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';
import { condensedOther, condensedRun, contentOf, evenly } from '../../src/state/saved-run.ts';

function runAfter(events: readonly MonitorEvent[]): Run {
  const run = emptyRun('a');
  for (const event of events) applyEvent(run, event);
  return run;
}

describe('a run in a saved file', () => {
  it('is complete after ten epochs', () => {
    const run = runAfter(sampleRun({ runId: 'a', epochs: 10, batchesPerEpoch: 118 }));
    const saved = condensedRun(run, 1);
    expect(saved.steps.length).toBe(1_180);
    expect(saved.epochs).toEqual(run.epochs);
    expect(saved.samples).toEqual(run.samples);
    expect(saved.batch).toEqual(run.batch);
    expect(saved.finished).toEqual(run.finished);
  });

  it('has evenly spaced parts of a long history, with its first and last epoch', () => {
    const run = runAfter(sampleRun({ runId: 'a', epochs: 200, batchesPerEpoch: 50 }));
    const saved = condensedRun(run, 1);
    expect(saved.steps.length).toBeLessThanOrEqual(4_000);
    expect(saved.steps.length + saved.steps.thinned).toBe(10_000);
    expect(saved.steps.last('loss')).toBe(run.steps.last('loss'));
    expect(saved.epochs).toHaveLength(200);
    const matrices = saved.epochs.filter(({ test }) => test?.confusion);
    expect(matrices).toHaveLength(100);
    expect([matrices[0]?.epoch, matrices.at(-1)?.epoch]).toEqual([1, 200]);
    expect(saved.samples).toHaveLength(40);
    expect(saved.samples.at(-1)?.epoch).toBe(200);
    // The run on the page stays as it is.
    expect(run.steps.length).toBe(10_000);
    expect(run.epochs[1]?.test?.confusion).toBeDefined();
  });

  it('has less with a smaller share', () => {
    const run = runAfter(sampleRun({ runId: 'a', epochs: 50, batchesPerEpoch: 50 }));
    const saved = condensedRun(run, 0.1);
    expect(saved.steps.length).toBeLessThanOrEqual(400);
    expect(saved.samples).toHaveLength(4);
  });

  it('has only its curves and results when it is compared', () => {
    const run = runAfter(sampleRun({ runId: 'a', epochs: 10, batchesPerEpoch: 20 }));
    const { steps, epochs, samples } = condensedOther(run, 1);
    expect([steps.length, epochs.length, samples.length]).toEqual([200, 10, 0]);
  });

  it('has the latest of many figures', () => {
    const table = { columns: ['a'], rows: [['x'.repeat(1_000)]] };
    const run = runAfter(
      Array.from(
        { length: 50 },
        (_, at): MonitorEvent => ({
          ...{ v: 1, runId: 'a', seq: at + 1, time: '2026-11-24T10:00:00.000Z' },
          ...{ type: 'figure', data: { title: `figure ${at}`, table } },
        }),
      ),
    );
    expect(condensedRun(run, 1).figures).toHaveLength(50);
    const few = condensedRun(run, 0.01).figures;
    expect(few.map(({ title }) => title)).toEqual([
      'figure 45',
      'figure 46',
      'figure 47',
      'figure 48',
      'figure 49',
    ]);
  });
});

it.each([
  [3, [1, 2, 3, 4, 5], [1, 3, 5]],
  [9, [1, 2, 3], [1, 2, 3]],
  [1, [1, 2, 3], [3]],
  [2, [], []],
])('at most %d of %j at even distances are %j', (count, items, chosen) => {
  expect(evenly(items, count)).toEqual(chosen);
});

it('a file of which parts are saved has zeros between them', () => {
  const parts = [
    { from: 1, bytes: Uint8Array.of(7) },
    { from: 3, bytes: Uint8Array.of(8, 9) },
  ];
  expect(contentOf({ length: 6, parts })).toEqual(Uint8Array.of(0, 7, 0, 8, 9, 0));
});
