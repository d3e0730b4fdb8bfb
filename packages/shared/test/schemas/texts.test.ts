import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { allMessages } from '../../src/documents/index.ts';
import { runChangesSchema, runListQuerySchema, validate } from '../../src/index.ts';

// A character outside the Basic Multilingual Plane: one code point, two UTF-16 units, four bytes in UTF-8.
const character = '😀';

interface Text {
  path: string;
  schema: z.ZodType;
}

/** Finds the schema of each text in a schema. */
function textsIn(schema: z.core.$ZodType, path: string): Text[] {
  if (schema instanceof z.ZodString) return [{ path, schema }];
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([name, each]) => textsIn(each, `${path}.${name}`));
  if (schema instanceof z.ZodArray) return textsIn(schema.element, `${path}.*`);
  if (schema instanceof z.ZodRecord)
    return [...textsIn(schema.keyType, path), ...textsIn(schema.valueType, `${path}.*`)];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((each) => textsIn(each, path));
  if (schema instanceof z.ZodPipe) return textsIn(schema.in, path);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return textsIn(schema.unwrap(), path);
  return [];
}

const schemas = {
  ...Object.fromEntries(allMessages().map(({ name, schema }) => [name, schema])),
  RunChanges: runChangesSchema,
  RunListQuery: runListQuerySchema,
};
const found = Object.entries(schemas).flatMap(([name, schema]) => textsIn(schema, name));
// Messages share the schemas of their parts.
const texts = [...new Map(found.map((text) => [text.schema, text])).values()];

/** The texts whose length is bounded by a number, and not by a pattern, which allows ASCII only. */
const bounded = texts.flatMap(({ path, schema }) => {
  const { minLength = 0, maxLength, pattern, contentEncoding } = z.toJSONSchema(schema, { io: 'input' });
  return maxLength === undefined || pattern !== undefined || contentEncoding !== undefined
    ? []
    : [{ path, schema, minLength, maxLength }];
});
// Ten classes may have the longer names of version 1, which is tested in events.test.ts.
const isClassName = ({ path }: Text): boolean => path.endsWith('dataset.classes.*');

test.each(bounded.filter((text) => !isClassName(text)))(
  'the text $path has $minLength to $maxLength code points, as its JSON Schema counts them (P-3)',
  ({ schema, minLength, maxLength }) => {
    const issuesOf = (length: number): string[] => {
      const result = validate(schema, character.repeat(length));
      return result.ok ? [] : result.error.issues.map(({ message }) => message);
    };
    expect(issuesOf(maxLength)).toEqual([]);
    expect(issuesOf(minLength)).toEqual([]);
    expect(issuesOf(maxLength + 1)).toEqual([
      `expected at most ${maxLength} characters, got ${maxLength + 1}`,
    ]);
    if (minLength > 0)
      expect(issuesOf(minLength - 1)).toEqual([
        `expected at least ${minLength} characters, got ${minLength - 1}`,
      ]);
  },
);

test('the texts of events, commands, hellos and changes are found', () => {
  const paths = bounded.map(({ path }) => path);
  const some = ['Command.token', 'CommandResult.message', 'RunChanges.note', 'Wait.commands.*'];
  expect(paths).toEqual(expect.arrayContaining(some));
  expect(paths.some((path) => isClassName({ path } as Text))).toBe(true);
  expect(bounded.length).toBeGreaterThan(20);
});

const patterned = texts.filter(({ schema }) => 'pattern' in z.toJSONSchema(schema, { io: 'input' }));

test.each(patterned)('what $path expects of a text is stated in words, not as a pattern', ({ schema }) => {
  const result = validate(schema, `${character}!`);
  const messages = result.ok ? [] : result.error.issues.map(({ message }) => message);
  expect(messages).toEqual([expect.stringMatching(/^expected (?!regex)/)]);
});
