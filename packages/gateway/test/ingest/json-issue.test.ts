import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonIssue } from '../../src/ingest/json-issue.ts';

test.each([
  ['{"a":1,"a":2}', 'expected each field once, got "a" twice'],
  ['{"a":[{"c":1,"\\u0063" : 2}]}', 'expected each field once, got "c" twice'],
  ['{"__proto__":{}}', 'expected another name of a field than "__proto__"'],
  ['[[[[]]]]', 'expected at most 3 nested objects and lists, got more'],
])('the text %s is refused', (json, message) => {
  expect(jsonIssue(json, 3)).toEqual({ path: '', message });
});

test.each([
  '{"a":{"a":[{"a":1},{"a":"a"}]}}',
  '{"a":"\\"a\\":","b":"{[[[[","c":"\\\\"}',
  '[["a","a"],[]]',
  '""',
])('the text %s is accepted', (json) => {
  expect(jsonIssue(json, 4)).toBeUndefined();
});

test('any JSON that was written from an object is accepted', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('', '\t', '  '), (value, indent) => {
      expect(
        jsonIssue(JSON.stringify(value, undefined, indent).replaceAll('\n', ' '), 1_000),
      ).toBeUndefined();
    }),
  );
});
