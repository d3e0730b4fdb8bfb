import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newRunId, runIdSchema } from '../../src/index.ts';

const time = fc.date({ min: new Date('2000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });

test('a run id consists of the start in UTC and four letters or digits', () => {
  expect(newRunId(new Date('2026-11-24T10:30:15.999Z'), () => 0.5)).toBe('20261124-103015-iiii');
});

test('run ids are valid and sort by their times', () => {
  fc.assert(
    fc.property(time, time, (one, other) => {
      const [first, second] = [one, other].sort((a, b) => a.getTime() - b.getTime()) as [Date, Date];
      expect(runIdSchema.safeParse(newRunId(first)).success).toBe(true);
      expect(newRunId(first, () => 0) <= newRunId(second, () => 0)).toBe(true);
    }),
  );
});

test.each(['a', '0', 'latest-1', 'Latest', 'a'.repeat(64)])('%p is a run id', (text) => {
  expect(runIdSchema.safeParse(text).success).toBe(true);
});

test.each(['', '.', '..', '-a', 'a/b', 'a\\b', 'a b', 'ä', 'a'.repeat(65), 'a\n', 'latest'])(
  '%p is no run id (P-4)',
  (text) => {
    expect(runIdSchema.safeParse(text).success).toBe(false);
  },
);
