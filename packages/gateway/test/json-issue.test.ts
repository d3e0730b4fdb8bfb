import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { decodeFromClient, jsonIssue } from '../src/json-issue.ts';

test.each([
  ['{"a":1,"a":2}', 'expected each field once, got "a" twice'],
  ['{"a":[{"c":1,"\\u0063" : 2}]}', 'expected each field once, got "c" twice'],
  ['{"a"\r\n\t :1,\n"a"\n:2}', 'expected each field once, got "a" twice'],
  ['{"__proto__":{}}', 'expected a field name other than "__proto__"'],
  ['["\\ud800"]', 'expected text of whole characters, got half of a surrogate pair'],
  ['{"\\uDC00\\uD83D":1}', 'expected text of whole characters, got half of a surrogate pair'],
  ['[[[[]]]]', 'expected at most 3 nested objects and lists, got more'],
])('the text %s is refused (P-11, S-29)', (json, message) => {
  expect(jsonIssue(json, 3)).toEqual({ path: '', message });
});

test.each([
  '{"a":{"a":[{"a":1},{"a":"a"}]}}',
  '{"a":"\\"a\\":","b":"{[[[[","c":"\\\\"}',
  '[["a","a"],[]]',
  '["\\ud83d\\ude00", "\\\\ud800"]',
  '""',
])('the text %s is accepted', (json) => {
  expect(jsonIssue(json, 4)).toBeUndefined();
});

test('any JSON that was written from an object without a field __proto__ is accepted', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('', '\t', '  '), (value, indent) => {
      const json = JSON.stringify(value, undefined, indent);
      fc.pre(!/"__proto__"\s*:/.test(json));
      expect(jsonIssue(json, 1_000)).toBeUndefined();
    }),
  );
});

test.each([
  ['{"a":1,"a":1}', 'message.invalid', 'expected each field once, got "a" twice'],
  ['{"a":[[[0]]]}', 'message.invalid', 'expected at most 3 nested objects and lists, got more'],
  ['{"a":"x"}', 'message.invalid', 'expected a number, got "x"'],
  ['{"a":', 'message.malformed', expect.stringMatching(/^expected JSON: /)],
])('a message of a client is refused when it is %s (P-11, S-29)', (text, code, message) => {
  const result = decodeFromClient(z.object({ a: z.number() }), text, { jsonDepth: 3 });
  expect(result).toMatchObject({ ok: false, error: { code, issues: [{ message }] } });
});
