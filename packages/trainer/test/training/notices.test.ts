import { expect, test } from '@jest/globals';
import type { BatchData } from '../../src/event-data.ts';
import { DivergenceWatch, notice } from '../../src/training/notices.ts';

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
        message: 'The loss is NaN from step 2 on: the run has diverged. Try a learning rate below 5.',
      },
    },
  ]);
  expect(watch.check(batchAt(3, Number.NaN))).toEqual([]);
});

test('a notice has a step, null without one, and who gave the command only where somebody did', () => {
  expect(notice('info', 'a.b', 'text')).toEqual({
    type: 'notice',
    data: { level: 'info', code: 'a.b', message: 'text', step: null },
  });
  expect(notice('error', 'a.b', 'text', { step: 3, value: 0.5, by: 'ada' })).toEqual({
    type: 'notice',
    data: { level: 'error', code: 'a.b', message: 'text', step: 3, value: 0.5, by: 'ada' },
  });
  expect(notice('info', 'a.b', 'text', { by: undefined }).data).not.toHaveProperty('by');
});
