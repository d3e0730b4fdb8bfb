import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { announce } from '../../src/ui/announcer.ts';

const announcer = { textContent: '' };

beforeEach(() => {
  jest.useFakeTimers();
  Object.assign(globalThis, { document: { getElementById: () => announcer } });
});
afterEach(() => {
  jest.useRealTimers();
  Reflect.deleteProperty(globalThis, 'document');
});

it('announces an alert together with the phase that is rendered after it', () => {
  announce('Error: The loss is NaN.');
  jest.advanceTimersByTime(100);
  announce('Diverged at batch 31.');
  jest.advanceTimersByTime(100);
  expect(announcer.textContent).toBe('Error: The loss is NaN. Diverged at batch 31.');
  announce('Completed.');
  jest.advanceTimersByTime(200);
  expect(announcer.textContent).toBe('Completed.');
});

it('announces only the last of the positions of a cursor that is moved fast, and no text twice', () => {
  announce('Batch 1', 'cursor');
  announce('Link copied.');
  announce('Batch 2', 'cursor');
  announce('Link copied.');
  jest.advanceTimersByTime(200);
  expect(announcer.textContent).toBe('Batch 2 Link copied.');
});

it('announces the last texts of a flood, and the number of the others', () => {
  for (let number = 1; number <= 50; number++) announce(`Warning: ${number}.`);
  jest.advanceTimersByTime(200);
  expect(announcer.textContent).toBe('47 more messages. Warning: 48. Warning: 49. Warning: 50.');
});
