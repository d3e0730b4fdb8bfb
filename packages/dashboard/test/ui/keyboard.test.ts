import { expect, it } from '@jest/globals';
import { keyNameOf } from '../../src/ui/keyboard.ts';

it.each([
  ['a letter', { key: 'r', code: 'KeyR', shiftKey: false }, 'r'],
  ['a letter with Caps Lock', { key: 'R', code: 'KeyR', shiftKey: false }, 'r'],
  ['a letter with Shift, which is no shortcut', { key: 'R', code: 'KeyR', shiftKey: true }, 'R'],
  ['a letter of a Dvorak keyboard, after its character', { key: 'p', code: 'KeyR', shiftKey: false }, 'p'],
  ['a Cyrillic letter, after its position', { key: 'к', code: 'KeyR', shiftKey: false }, 'r'],
  ['a Greek letter with Caps Lock', { key: 'Ρ', code: 'KeyR', shiftKey: false }, 'r'],
  ['the 0 of a French keyboard without Shift', { key: 'à', code: 'Digit0', shiftKey: false }, '0'],
  ['a question mark, which needs Shift', { key: '?', code: 'Slash', shiftKey: true }, '?'],
  ['a key without a character', { key: 'ArrowLeft', code: 'ArrowLeft', shiftKey: false }, 'ArrowLeft'],
])('the name of a key: %s', (_, key, name) => {
  expect(keyNameOf(key)).toBe(name);
});
