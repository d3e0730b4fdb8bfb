import { describe, expect, it } from '@jest/globals';
import { estimateOf } from '../../../src/panels/new-run/estimate.ts';
import type { RunSummary } from '../../../src/state/event-data.ts';
import { summaryOf } from '../../support/session.ts';

/** Returns a run of two epochs of 60,000 images that took two minutes. */
const run = (config: object = {}, changes: Partial<RunSummary> = {}): RunSummary =>
  summaryOf('a', {
    started: {
      config: { recipe: 'default', epochs: 2, batchSize: 512, trainSize: 60_000, ...config },
      device: { kind: 'cpu', name: 'Xeon', engine: 'tensorflow' },
    },
    batch: { step: 236, loss: 0.1, elapsedSeconds: 120 },
    ...changes,
  });
const estimate = (...parameters: Parameters<typeof estimateOf>): string =>
  estimateOf(...parameters).text.replaceAll('\u00a0', ' ');

const finished: RunSummary['finished'] = {
  status: 'completed',
  reason: 'all epochs done',
  seconds: 4,
  files: [],
};

describe('the estimated time of a new run', () => {
  it('follows from the speed of an earlier run', () => {
    expect(estimate([{ epochs: 10, batchSize: 512 }], [run()])).toBe(
      'About 10 m 00 s, at the speed of a: 1,000 images per second with its tests.',
    );
    expect(estimate([{ epochs: 1, trainSize: 6_000 }], [run()])).toMatch(/^About 6\.0 s,/);
  });

  it('is that of all runs of a list', () => {
    const starts = [{ epochs: 10 }, { epochs: 20 }];
    expect(estimate(starts, [run()])).toMatch(/^About 30 m 00 s for 2 runs,/);
  });

  it.each([
    ['another network', { recipe: 'sprint' }, [run()]],
    ['another engine', { engine: 'wasm' }, [run()]],
    [
      'an engine that was asked for, when the trainer chooses',
      { engine: 'auto' },
      [run({ engine: 'tensorflow' })],
    ],
    ['a much smaller batch', { batchSize: 64 }, [run()]],
    ['a run of another program', {}, [run({ recipe: undefined })]],
    ['a run that has just begun', {}, [run({}, { batch: { step: 9, loss: 1, elapsedSeconds: 9 } })]],
    [
      'a run that took too little',
      {},
      [run({}, { finished: { ...finished, seconds: 1 }, batch: { step: 9, loss: 1, elapsedSeconds: 1 } })],
    ],
    ['a run without a speed', {}, [summaryOf('b')]],
    ['no run', {}, []],
  ] as const)('is not known from %s', (_what, start, runs) => {
    expect(estimate([start], runs)).toBe(
      'No estimate yet: no run with this network, engine and batch size has been measured.',
    );
  });

  it('follows from the run that is training, and from the engine that the trainer has chosen', () => {
    const training = run({ engine: 'auto' }, { batch: { step: 59, loss: 0.1, elapsedSeconds: 60 } });
    for (const engine of [undefined, 'auto', 'tensorflow'] as const)
      expect(estimate([{ epochs: 1, ...(engine && { engine }) }], [training])).toMatch(/^About 2 m 00 s,/);
  });

  it('follows from a run of a few seconds that has ended', () => {
    const short = run({ trainSize: 1_024 }, { finished, batch: { step: 4, loss: 1, elapsedSeconds: 4 } });
    expect(estimate([{ epochs: 1 }], [short])).toMatch(/^About 2\.0 s,/);
  });

  it('names the run by the start of a long name', () => {
    const long = run({}, { title: `rates ${'x'.repeat(100)}` });
    expect(estimate([{ epochs: 1 }], [long])).toMatch(/at the speed of rates x{33}…: 1,000 images/);
  });

  it('is a warning from half a day on', () => {
    expect(estimateOf([{ epochs: 719 }], [run()]).isLong).toBe(false);
    expect(estimateOf([{ epochs: 720 }], [run()]).isLong).toBe(true);
    expect(estimateOf([{ epochs: 400 }, { epochs: 400 }], [run()]).isLong).toBe(true);
  });

  it('is empty while the form has an error', () => {
    expect(estimate([], [run()])).toBe('');
  });
});
