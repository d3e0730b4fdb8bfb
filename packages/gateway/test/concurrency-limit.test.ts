import { expect, test } from '@jest/globals';
import { ConcurrencyLimit } from '../src/concurrency-limit.ts';
import { until } from './support/until.ts';

test('a concurrency limit runs tasks in order, at most the limit at a time, also after one has failed', async () => {
  const limit = new ConcurrencyLimit(2);
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const fail: ((error: Error) => void)[] = [];
  const results = [0, 1, 2, 3].map((task) =>
    limit.run(() => {
      started.push(task);
      return new Promise<number>((resolve, reject) => {
        finish[task] = () => resolve(task);
        fail[task] = reject;
      });
    }),
  );
  await until(() => started.length === 2);
  expect(started).toEqual([0, 1]);
  const failed = expect(results[1]).rejects.toThrow('broken');
  fail[1]!(new Error('broken'));
  await failed;
  await until(() => started.length === 3);
  finish[0]!();
  expect(await results[0]).toBe(0);
  await until(() => started.length === 4);
  finish[2]!();
  finish[3]!();
  expect(await Promise.all([results[2], results[3]])).toEqual([2, 3]);
  expect(await limit.run(async () => 'free')).toBe('free');
});
