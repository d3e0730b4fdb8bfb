import { describe, expect, it } from '@jest/globals';
import { epochReadings, epochReadingsText, withPredictions } from '../../src/state/predictions.ts';

const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString('base64');
const sent = (epoch: number, predictions: readonly number[], confidences?: readonly number[]) => ({
  ...{ epoch, step: epoch * 10, predictions: base64(...predictions) },
  confidences: confidences && base64(...confidences),
});

describe('the predictions of the epochs', () => {
  it('are replaced by those of an epoch that is repeated, with their confidences', () => {
    const first = withPredictions([], sent(1, [3, 4]));
    const both = withPredictions(first, sent(2, [3, 5], [255, 51]));
    expect(both.map(({ epoch, confidences }) => [epoch, confidences && [...confidences]])).toEqual([
      [1, undefined],
      [2, [255, 51]],
    ]);
    expect(withPredictions(both, sent(1, [9, 9]))).toHaveLength(1);
  });

  it('are the readings of each image, of which equal ones in turn are joined', () => {
    const epochs = [[5], [5], [7], [5]].reduce(
      (before, predictions, at) => withPredictions(before, sent(at + 1, predictions)),
      withPredictions([], sent(0, [])),
    );
    const readings = epochReadings(epochs.slice(1), 0, 10);
    expect(readings).toEqual([
      { first: 1, last: 2, prediction: 5 },
      { first: 3, last: 3, prediction: 7 },
      { first: 4, last: 4, prediction: 5 },
    ]);
    expect(epochReadingsText(readings, [])).toBe('Epochs 1 to 2 as 5, 3 as 7, 4 as 5');
    expect(epochReadingsText(readings.slice(1, 2), ['a'])).toBe('Epoch 3 as 7');
    expect(epochReadingsText(Array(9).fill(readings[1]), [])).toMatch(/^Epochs … 3 as 7/);
    expect(epochReadingsText([], [])).toBe('');
  });

  it('have two bytes each for more than 256 classes', () => {
    const epochs = withPredictions([], sent(1, [0, 0, 44, 1]));
    expect(epochReadings(epochs, 1, 1_000)).toEqual([{ first: 1, last: 1, prediction: 300 }]);
  });
});
