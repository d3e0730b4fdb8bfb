import { describe, expect, it } from '@jest/globals';
import {
  historiesCsv,
  historyText,
  imageHistories,
  inOrder,
  latestReadingText,
} from '../../../src/panels/misread/image-history.ts';

const epoch = (number: number, classes: readonly number[], confidences?: readonly number[]) => ({
  ...{ epoch: number, step: number * 10 },
  bytes: Uint8Array.from(classes),
  confidences: confidences && Uint8Array.from(confidences),
});

describe('the history of a test image', () => {
  const labels = [0, 1, 2, 3];
  // Image 0 is always right, 1 is learned at epoch 2 and forgotten once, 2 is never right, 3 is right from epoch 2 on.
  const epochs = [epoch(1, [0, 7, 7, 7]), epoch(2, [0, 1, 7, 3]), epoch(3, [0, 8, 7, 3])];

  it('counts when it was learned and how often it was forgotten, the hardest first', () => {
    expect(imageHistories(epochs, labels, 10)).toEqual([
      {
        index: 2,
        label: 2,
        prediction: 7,
        confidence: undefined,
        misread: 3,
        learned: undefined,
        forgotten: 0,
      },
      { index: 1, label: 1, prediction: 8, confidence: undefined, misread: 2, learned: 2, forgotten: 1 },
      { index: 3, label: 3, prediction: 3, confidence: undefined, misread: 1, learned: 2, forgotten: 0 },
    ]);
    expect(imageHistories([], labels, 10)).toEqual([]);
  });

  it('reads two bytes a class for more than 256 classes', () => {
    expect(imageHistories([epoch(1, [44, 1, 5, 0])], [300, 7], 1_000)).toMatchObject([
      { index: 1, label: 7, prediction: 5 },
    ]);
  });

  it('is found by how sure the network is in the latest epoch', () => {
    const sure = [epoch(1, [7, 7, 7, 7], [9, 9, 9, 9]), epoch(2, [0, 1, 7, 8], [255, 102, 51, 204])];
    const histories = imageHistories(sure, labels, 10);
    const indices = (order: Parameters<typeof inOrder>[1]) =>
      inOrder(histories, order).map(({ index }) => index);
    expect(indices('hardest')).toEqual([2, 3, 0, 1]);
    expect(indices('surest')).toEqual([0, 3, 1, 2]);
    expect(indices('leastSure')).toEqual([2, 1, 3, 0]);
    const [hardest, , right] = histories;
    expect(latestReadingText(hardest!, ['a', 'b', 'c'])).toBe('c, read as 7 with 20\u00a0%');
    expect(latestReadingText(right!, ['a', 'b', 'c'])).toBe('a, read correctly now with over 99\u00a0%');
    expect(latestReadingText({ ...right!, confidence: undefined }, [])).toBe('0, read correctly now');
  });

  it('is described in words, and saved as CSV', () => {
    const history = {
      index: 5,
      label: 1,
      prediction: 8,
      confidence: 0.5,
      misread: 3,
      learned: 3,
      forgotten: 2,
    };
    expect(historyText(history, 5)).toBe('Misread in 3 of 5 epochs: learned at epoch 3, forgotten twice');
    expect(historyText({ ...history, learned: undefined, forgotten: 0 }, 3)).toBe(
      'Misread in 3 of 3 epochs: never read correctly',
    );
    expect(historiesCsv([history])).toBe(
      'index,label,prediction,confidence,misread,learned,forgotten\n5,1,8,0.500,3,3,2\n',
    );
  });
});
