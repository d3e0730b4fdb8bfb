import { describe, expect, it } from '@jest/globals';
import {
  distributionSentence,
  histogramsCsv,
  pictureColumns,
  quantiles,
} from '../../../src/panels/layers/weight-distribution.ts';

const histogram = (step: number, edges: readonly number[], counts: readonly number[]) => ({
  ...{ step, edges: Float32Array.from(edges), counts: Uint32Array.from(counts) },
});
/** Weights from -1 to 1 at step 1, and from -2 to 2 at step 50. */
const narrow = histogram(1, [-1, 0, 1], [50, 50]);
const wide = histogram(50, [-2, -1, 0, 1, 2], [0, 30, 60, 10]);

describe('the distribution of the weights', () => {
  it('has quantiles within the bins', () => {
    expect(quantiles(narrow)).toEqual({
      ...{ step: 1, smallest: -1, lower: -0.5, median: 0, upper: 0.5, largest: 1 },
    });
    const { lower, median, upper } = quantiles(wide);
    expect([lower, median, upper].map((value) => value.toFixed(3))).toEqual(['-0.167', '0.333', '0.750']);
  });

  it('has one scale for all steps, on which a narrow histogram is denser', () => {
    const [first, second] = pictureColumns([narrow, wide]);
    expect(first).toEqual([
      { y: 0.5, height: 0.25, density: 5 / 6 },
      { y: 0.25, height: 0.25, density: 5 / 6 },
    ]);
    expect(second?.map(({ density }) => density.toFixed(6))).toEqual([
      '0.000000',
      '0.500000',
      '1.000000',
      '0.166667',
    ]);
    expect(pictureColumns([])).toEqual([]);
    expect(pictureColumns([histogram(1, [0, 0], [5])])).toEqual([[{ y: 0, height: 0, density: 0 }]]);
  });

  it('is described in a sentence, with how it was at first', () => {
    expect(distributionSentence([narrow, wide], 'batch')).toBe(
      'At batch 50, half of the weights are from -0.1667 to 0.7500, all from -2 to 2; at batch 1 half were from -0.5000 to 0.5000.',
    );
    expect(distributionSentence([narrow], 'step')).toBe(
      'At step 1, half of the weights are from -0.5000 to 0.5000, all from -1 to 1.',
    );
    expect(distributionSentence([], 'step')).toBe('');
  });

  it('is saved as CSV, in which no name is a formula', () => {
    expect(histogramsCsv(new Map([['=1,2', [narrow]]]))).toBe(
      `step,tensor,from,to,count\n1,"'=1,2",-1,0,50\n1,"'=1,2",0,1,50\n`,
    );
  });
});
