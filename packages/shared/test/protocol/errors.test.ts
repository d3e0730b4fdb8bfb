import { expect, test } from '@jest/globals';
import { describeFailure, MonitorError } from '../../src/index.ts';

test('an error with a code ends a process with its message and its exit code (P-233)', () => {
  const error = new MonitorError('option.invalid', '--epochs: expected a number, got "\u001b[2J"');
  expect(describeFailure(error)).toEqual({
    text: '--epochs: expected a number, got "\\u001b[2J"',
    exitCode: 2,
  });
});

test('an internal error ends a process with its stack, without control characters', () => {
  const { text, exitCode } = describeFailure(new RangeError('\u001b]0;title\u0007'));
  expect(exitCode).toBe(1);
  expect(text).toMatch(/^RangeError: \\u001b\]0;title\\u0007\n +at /);
  expect(describeFailure('\u009bm')).toEqual({ text: '\\u009bm', exitCode: 1 });
});
