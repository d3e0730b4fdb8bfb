import { describe, expect, it } from '@jest/globals';
import { estimateText } from '../../../src/panels/new-run/estimate.ts';
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
const estimate = (...parameters: Parameters<typeof estimateText>): string =>
  estimateText(...parameters).replaceAll('\u00a0', ' ');

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
    ['a much smaller batch', { batchSize: 64 }, [run()]],
    ['a run of another program', {}, [run({ recipe: undefined })]],
    ['a run that has just begun', {}, [run({}, { batch: { step: 1, loss: 1, elapsedSeconds: 0.5 } })]],
    ['a run without a speed', {}, [summaryOf('b')]],
    ['no run', {}, []],
  ] as const)('is not known from %s', (_what, start, runs) => {
    expect(estimate([start], runs)).toBe('');
  });
});
