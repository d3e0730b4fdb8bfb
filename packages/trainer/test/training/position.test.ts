import { expect, test } from '@jest/globals';
import { advanceBatch, advanceEpoch, epochMeans, startPosition } from '../../src/training/position.ts';

test('the means of an epoch count each image once, also those of a smaller last batch', () => {
  const position = startPosition();
  advanceBatch(position, { loss: 2, accuracy: 0.5 }, 30);
  advanceBatch(position, { loss: 1, accuracy: 1 }, 10);
  expect(position).toMatchObject({ epoch: 0, batch: 2, images: 40 });
  expect(epochMeans(position)).toEqual({ loss: 1.75, accuracy: 0.625 });
});

test('the next epoch begins with empty sums', () => {
  const position = { ...startPosition(), epoch: 3, epochStart: 7 };
  advanceBatch(position, { loss: 2, accuracy: 0.5 }, 30);
  advanceEpoch(position);
  expect(position).toEqual({ epoch: 4, batch: 0, images: 0, loss: 0, accuracy: 0, epochStart: 0 });
});
