import { expect, test } from '@jest/globals';
import type { BatchData } from '@mnist-monitor/shared';
import { DivergenceWatch } from '../../src/training/notices.ts';

const at = (step: number, loss: number) => ({ step, loss, learningRate: 5 }) as BatchData;

test('a loss that is no number any more is said once, with the step and what to do', () => {
  const watch = new DivergenceWatch();
  expect(watch.see(at(1, 2.3))).toEqual([]);
  expect(watch.see(at(2, Number.NaN))).toMatchObject([
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
  expect(watch.see(at(3, Number.NaN))).toEqual([]);
});
