import { describe, expect, it } from '@jest/globals';
import {
  barHeights,
  filterSamples,
  firstSamples,
  orderSamples,
  sampleSentence,
  samplesCaption,
  samplesOf,
} from '../../../src/panels/test-results/sample-selection.ts';
import type { SamplePrediction } from '../../../src/state/event-data.ts';

const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');
const sample = (label: number, prediction: number, confidence: number): SamplePrediction => ({
  index: 0,
  label,
  prediction,
  probabilities: Array.from({ length: 10 }, (_, digit) => (digit === prediction ? confidence : 0)),
  image: '',
});

describe('samples', () => {
  it('begin with the most confident mistake and end with the most confident correct one', () => {
    const items = [sample(1, 1, 0.99), sample(2, 3, 0.5), sample(4, 4, 0.6), sample(5, 6, 0.9)];
    expect(orderSamples(items).map(({ label }) => label)).toEqual([5, 2, 4, 1]);
  });

  it('are cut to at most two thirds of mistakes as long as there are correct ones', () => {
    const wrong = Array.from({ length: 20 }, () => sample(1, 2, 0.5));
    const right = Array.from({ length: 20 }, () => sample(3, 3, 0.5));
    const shown = (items: SamplePrediction[]): number[] => firstSamples(items, 12).map(({ label }) => label);
    expect(shown([...wrong, ...right])).toEqual([...Array(8).fill(1), ...Array(4).fill(3)]);
    expect(shown([...wrong, ...right.slice(0, 1)])).toEqual([...Array(11).fill(1), 3]);
    expect(shown(wrong)).toHaveLength(12);
    expect(shown([...wrong.slice(0, 2), ...right])).toEqual([1, 1, ...Array(10).fill(3)]);
    expect(shown([])).toEqual([]);
  });

  it.each([
    [sample(4, 9, 0.83), 'Wrong: classified as 9, 83 % sure; it is 4'],
    [sample(4, 4, 0.99), 'Right: classified as 4, 99 % sure'],
    [sample(4, 4, Number.NaN), 'Right: classified as 4'],
  ])('are described in a sentence (%#)', (item, sentence) => {
    expect(withPlainSpaces(sampleSentence(item, [...'0123456789']))).toBe(sentence);
  });

  it('are announced as the surest mistakes, with the share of all test images that is wrong', () => {
    const items = [sample(5, 6, 0.9), sample(2, 3, 0.5), sample(4, 4, 0.6)];
    const caption = (accuracy: number | undefined, epoch = 3, shown = items): string =>
      withPlainSpaces(
        samplesCaption({ epoch: 3, items: shown }, { tested: { epoch, test: { accuracy } }, unit: 'images' }),
      );
    const order = 'After epoch 3: 2 wrong, 1 right, the surest mistakes first.';
    expect(caption(0.9885)).toBe(`${order} Of all test images, 1.15 % are wrong.`);
    expect(caption(undefined)).toBe(order);
    expect(caption(Number.NaN)).toBe(order);
    // The samples are of an earlier epoch than the results.
    expect(caption(0.9885, 4)).toBe(order);
    expect(caption(1, 3, items.slice(2))).toBe(
      'After epoch 3: 0 wrong, 1 right. Of all test images, 0 % are wrong.',
    );
  });

  it('are filtered by outcome and class, or by a cell of the matrix', () => {
    const items = [sample(1, 1, 0.9), sample(1, 7, 0.8), sample(1, 7, 0.9), sample(7, 1, 0.7)];
    expect(filterSamples(items, { outcome: 'wrong', label: null })).toHaveLength(3);
    expect(filterSamples(items, { outcome: 'right', label: 7 })).toHaveLength(0);
    expect(filterSamples(items, { outcome: 'all', label: 1 })).toHaveLength(3);
    expect(samplesOf(items, [1, 7])).toEqual([items[2], items[1]]);
  });

  it('have bars from 0 to 1', () => {
    expect(barHeights([Number.NaN, 7, -1])).toEqual([0, 1, 0]);
  });
});
