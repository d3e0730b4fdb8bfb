import { z } from 'zod';
import { valueText } from '../protocol/issue-text.ts';
import { closedObject } from './closed-object.ts';
import { eventTypeSchema } from './events.ts';

/** Converts the text of a flag or a query parameter to a number. Empty texts are rejected, since `Number('')` is 0. */
export const numericString = z.string().transform((text, context) => {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(number))
    context.addIssue(`expected a number, got ${text.trim() === '' ? 'nothing' : valueText(text)}`);
  return number;
});

/** Converts the text of a query parameter, `true` or `false`, to a boolean. */
export const booleanTextSchema = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' });

/** Converts the text of a query parameter to a list of event types, which the text separates by commas. */
export const eventTypeListSchema = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(eventTypeSchema).min(1));

/**
 * Creates the schema of a query, which refuses other parameters. The error begins with their names, because the reason of a
 * closed WebSocket has room for only 123 bytes.
 */
export const querySchema = <S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> =>
  closedObject('parameter', shape);

/** The schema of a query without parameters. */
export const emptyQuerySchema = querySchema({});
