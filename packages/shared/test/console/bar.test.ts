import { expect, test } from '@jest/globals';
import { bar } from '../../src/console/bar.ts';

test('a bar fills in eighths of a character and never exceeds its width', () => {
  expect(bar(0, 4)).toBe('░░░░');
  expect(bar(0.5, 4)).toBe('██░░');
  expect(bar(0.54, 4)).toBe('██▏░');
  expect(bar(7, 4)).toBe('████');
});
