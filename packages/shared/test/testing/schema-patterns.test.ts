import { expect, test } from '@jest/globals';
import { RE2JS } from 're2js';
import { patternsIn } from '../../src/testing/index.ts';

test('patterns are found in lists, in fields and as names of fields', () => {
  const schema = { items: [{ pattern: '^a$' }], properties: { x: { pattern: 'b' } } };
  expect(patternsIn({ ...schema, patternProperties: { '^c': {} } })).toEqual(['^c', '^a$', 'b']);
});

test.each(['^(?!latest$)a', '(?<=a)b', '(?=a)', '(a)\\1', 'a{1,1001}'])('RE2 refuses %s', (pattern) => {
  expect(() => RE2JS.compile(pattern)).toThrow();
});
