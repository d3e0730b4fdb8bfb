import { expect, test } from '@jest/globals';
import { closeCodeName, closeCodes, isRetryableCloseCode } from '../../src/index.ts';

const entries = Object.entries(closeCodes);

test('every close code is unique, and those outside the standard are in the private range', () => {
  const codes = entries.map(([, { code }]) => code as number);
  expect(new Set(codes).size).toBe(codes.length);
  const standard = [1000, 1001, 1002, 1007, 1008, 1009];
  for (const code of codes.filter((each) => !standard.includes(each))) {
    expect(code).toBeGreaterThanOrEqual(4000);
    expect(code).toBeLessThanOrEqual(4999);
  }
});

test('the meaning of every close code fits into a close frame', () => {
  for (const [, { meaning }] of entries) expect(Buffer.byteLength(meaning)).toBeLessThanOrEqual(123);
});

test.each(entries)('%s has its name and whether to retry', (name, { code, retry }) => {
  expect(closeCodeName(code)).toBe(name);
  expect(isRetryableCloseCode(code)).toBe(retry);
});

test('a client may reconnect after an unknown code (P-155)', () => {
  expect([1006, 1011, 4999].map(isRetryableCloseCode)).toEqual([true, true, true]);
  expect(closeCodeName(1006)).toBe('unknown');
});
