import { expect, it } from '@jest/globals';
import { warningsAbout, warningsAboutAll } from '../../../src/panels/new-run/warnings.ts';

it.each([
  [{ learningRate: 0.3 }, { learningRate: '30 times the usual 0.01: the loss may diverge.' }],
  [
    { learningRate: 0.06, optimizer: 'adamw', schedule: 'one-cycle' },
    { learningRate: '10 times the usual 0.006: the loss may diverge.' },
  ],
  // Without one-cycle, Adam's usual rate is lower.
  [
    { learningRate: 0.01, optimizer: 'adam', schedule: 'constant' },
    { learningRate: '10 times the usual 0.001: the loss may diverge.' },
  ],
  [{ learningRate: 0.0001 }, { learningRate: 'The usual 0.01 is 100 times larger: learning may be slow.' }],
  [{ epochs: 20, recipe: 'sprint' }, { epochs: '10 times the usual 2.' }],
  [{ batchSize: 60_000 }, { batchSize: '117 times the usual 512: an epoch has few steps.' }],
  [{ batchSize: 4 }, { batchSize: 'Small batches take longer for an epoch: 512 is usual.' }],
  [
    { batchSize: 512, trainSize: 100 },
    {
      batchSize: 'More than the 100 training images: an epoch is a single step.',
      trainSize: 'Few images: the result depends on which ones they are.',
    },
  ],
  [{ testSize: 200 }, { testSize: 'A single image is 0.50\u00a0% of the test accuracy.' }],
  [{ epochs: 10, batchSize: 512, learningRate: 0.01, trainSize: 60_000, testSize: 10_000 }, {}],
  [{ learningRate: 0.006, recipe: 'best', optimizer: 'adamw', epochs: 10 }, {}],
] as const)('warns about odd values in %j', (start, expected) => {
  expect(Object.fromEntries(warningsAbout(start))).toEqual(expected);
});

it('compares the batch with the usual number of images, if the start has no other', () => {
  expect(warningsAbout({ batchSize: 512 }, 200).get('batchSize')).toBe(
    'More than the 200 training images: an epoch is a single step.',
  );
  expect(warningsAbout({ batchSize: 512, trainSize: 600 }, 200).size).toBe(0);
});

it('warn about the largest value of a list', () => {
  const starts = [5, 0.01, 0.1].map((learningRate) => ({ learningRate }));
  expect(warningsAboutAll({ starts, varied: 'learningRate' }).get('learningRate')).toBe(
    '500 times the usual 0.01: the loss may diverge.',
  );
});
