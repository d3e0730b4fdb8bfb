import { z } from 'zod';
import { valueText } from '../protocol/issue-text.ts';

/**
 * Creates the schema of an object that refuses unknown fields by name. It suits what people write, such as a query or
 * a command: a misspelt field would otherwise be ignored silently.
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
