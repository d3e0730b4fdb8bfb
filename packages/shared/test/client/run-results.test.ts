import { describe, expect, test } from '@jest/globals';
import { lossOf, metricsOf, type ResultFields, secondsOf, testLossOf } from '../../src/client/run-results.ts';

const none: ResultFields = { batch: null, epoch: null, finished: null };
/** Returns the results of a run with these events, which need no other fields. */
const results = (fields: { [Name in keyof ResultFields]?: object }) =>
  ({ ...none, ...fields }) as ResultFields;

const batch = { loss: 0.4, elapsedSeconds: 20, metrics: { a: 1, b: 1 } };
const epoch = { train: { loss: 0.3 }, test: { loss: 0.2 }, metrics: { b: 2, c: 2 } };
const finished = { test: { loss: 0.1 }, seconds: 30, metrics: { c: 3 } };

describe('the results of a run', () => {
  test.each([
    ['nothing', {}, null, null, null],
    ['a batch', { batch }, null, 0.4, 20],
    ['an epoch without a test', { batch, epoch: { train: epoch.train } }, null, 0.3, 20],
    ['an epoch without a loss', { batch, epoch: {} }, null, 0.4, 20],
    ['an epoch', { batch, epoch }, 0.2, 0.2, 20],
    ['an end without a test', { batch, epoch, finished: { seconds: 30 } }, 0.2, 0.2, 30],
    ['an end', { batch, epoch, finished }, 0.1, 0.1, 30],
    ['an end alone, without results', { finished: {} }, null, null, null],
    ['a batch without times', { batch: {} }, null, null, null],
  ])('after %s have the latest loss and time', (_what, fields, testLoss, loss, seconds) => {
    const run = results(fields);
    expect([testLossOf(run), lossOf(run), secondsOf(run)]).toEqual([testLoss, loss, seconds]);
  });

  test('have the latest value of each custom metric', () => {
    expect(metricsOf(none)).toEqual({});
    expect(metricsOf(results({ batch }))).toEqual({ a: 1, b: 1 });
    expect(metricsOf(results({ batch, epoch, finished }))).toEqual({ a: 1, b: 2, c: 3 });
  });
});
