import { expect, test } from '@jest/globals';
import { bar } from '../../src/console/bar.ts';

test('a bar fills in eighths of a character and never exceeds its width', () => {
  expect(bar(0, 4)).toBe('░░░░');
  expect(bar(0.5, 4)).toBe('██░░');
  expect(bar(0.54, 4)).toBe('██▏░');
  expect(bar(7, 4)).toBe('████');
});

test('each eighth of a character has its block', () => {
  const eighths = Array.from({ length: 9 }, (_, index) => bar(index / 8, 1));
  expect(eighths).toEqual(['░', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█']);
  expect(bar(0.5 + 1 / 17, 2)).toBe('█░');
});

test('a bar is empty below 0 and full above 1', () => {
  expect([bar(-1, 3), bar(1, 3), bar(1.5, 3)]).toEqual(['░░░', '███', '███']);
});
