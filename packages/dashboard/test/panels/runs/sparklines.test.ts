import { describe, expect, it } from '@jest/globals';
import { curveFieldOf, sparklinePath } from '../../../src/panels/runs/sparklines.ts';
import { summaryOf } from '../../support/session.ts';

describe('the curve of a run in the list', () => {
  const batch = { step: 1, loss: 0.5 };
  const epoch = { epoch: 6, step: 1, train: { loss: 0.4, accuracy: null } };

  it('is its loss or, without one, its first metric', () => {
    expect(curveFieldOf(summaryOf('a', { batch, epoch }))?.field).toBe('batch.loss');
    expect(curveFieldOf(summaryOf('a', { epoch }))?.field).toBe('epoch.train.loss');
    expect(curveFieldOf(summaryOf('a', { metricNames: ['reward', 'steps'] }))?.field).toBe('metrics.reward');
    expect(curveFieldOf(summaryOf('a'))).toBeUndefined();
  });

  it('is that of the epochs, or is not read, in a run with many events', () => {
    expect(curveFieldOf(summaryOf('a', { batch, epoch, lastSeq: 50_000 }))?.field).toBe('epoch.train.loss');
    expect(curveFieldOf(summaryOf('a', { batch, lastSeq: 50_000 }))).toBeUndefined();
  });

  it('is drawn from edge to edge, on a logarithmic scale if all values are positive', () => {
    expect(sparklinePath([100, 10, 1])).toBe('M2.0 2.0L52.0 13.0L102.0 24.0');
    expect(sparklinePath([0, 1])).toBe('M2.0 24.0L102.0 2.0');
    expect(sparklinePath([3])).toBe('M2.0 13.0h0');
  });

  it('has gaps where values are not finite, and dots between two gaps', () => {
    expect(sparklinePath([1, Number.NaN, 1, Number.NaN])).toBe('M2.0 13.0h0M68.7 13.0h0');
    expect(sparklinePath([Number.NaN])).toBe('');
  });
});
