import { z } from 'zod';
import { valueText } from '../protocol/issue-text.ts';

/**
 * Creates the schema of an object that refuses unknown fields by name. For what a person has written and a program
 * obeys, such as a query or a command: a misspelt field would otherwise be ignored without a word.
 * @param noun What a field is called in the error, such as `parameter`.
 */
export function closedObject<S extends z.ZodRawShape>(
  noun: string,
  shape: S,
): z.ZodObject<S, z.core.$strict> {
  const names = Object.keys(shape);
  const expected = names.length > 0 ? `expected only ${names.join(', ')}` : `expected no ${noun}s`;
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown ${noun} ${(issue.keys as string[]).map(valueText).join(', ')}: ${expected}`
        : undefined,
  });
}
