import { expect, test } from '@jest/globals';
import type { BatchData } from '../../src/event-data.ts';
import { DivergenceWatch } from '../../src/training/notices.ts';

const batchAt = (step: number, loss: number) => ({ step, loss, learningRate: 5 }) as BatchData;

test('a loss that is not finite is reported once, with the step and advice', () => {
  const watch = new DivergenceWatch();
  expect(watch.check(batchAt(1, 2.3))).toEqual([]);
  expect(watch.check(batchAt(2, Number.NaN))).toMatchObject([
    {
      type: 'notice',
      data: {
        level: 'error',
        code: 'training.diverged',
        step: 2,
        message: expect.stringContaining('below 5'),
      },
    },
  ]);
  expect(watch.check(batchAt(3, Number.NaN))).toEqual([]);
});
