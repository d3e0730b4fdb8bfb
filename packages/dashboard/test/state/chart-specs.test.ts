import { expect, it } from '@jest/globals';
import { chartSpecs, guessedValue, numberTick, percentTick } from '../../src/state/chart-specs.ts';
import { formatLearningRate } from '../../src/state/format.ts';
import { emptyRun } from '../../src/state/run.ts';

const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

it('ticks have no more digits than they need', () => {
  expect([0, 0.005, 2, 0.0000125].map((value) => numberTick(value))).toEqual(['0', '0.005', '2', '1.25e-5']);
  expect([200_000, 1e6, 8e15].map((value) => numberTick(value))).toEqual(['2e5', '1e6', '8e15']);
  expect([0.95, 0.995, 1].map((value) => withPlainSpaces(percentTick(value)))).toEqual([
    '95 %',
    '99.5 %',
    '100 %',
  ]);
});

it('the legend writes a learning rate as the rest of the page does', () => {
  for (const rate of [0.01, 0.0039123456, 1.23456e-8])
    expect(chartSpecs.rate.format(rate)).toBe(formatLearningRate(rate));
});

it('guessing is known of losses in nats and of accuracies, in runs with classes', () => {
  const runWith = (lossUnit?: string, classes?: string[]) => ({
    ...emptyRun('guess'),
    started: { config: {}, lossUnit, ...(classes && { dataset: { name: 'Four', classes } }) },
  });
  const classes = ['a', 'b', 'c', 'd'];
  const guesses = (run: ReturnType<typeof runWith>) =>
    [chartSpecs.loss, chartSpecs.accuracy, chartSpecs.speed].map((spec) => guessedValue(spec, run));
  expect(guesses(runWith(undefined, classes))).toEqual([Math.log(4), 0.25, null]);
  expect(guesses(runWith('bits', classes))).toEqual([null, 0.25, null]);
  expect(guesses(runWith('nats'))).toEqual([null, null, null]);
});
