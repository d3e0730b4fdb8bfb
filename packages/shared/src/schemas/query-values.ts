import { z } from 'zod';
import { eventTypeSchema } from './events.ts';

/** Converts the text of a flag or a query parameter to a number. Empty texts are rejected, since `Number('')` is 0. */
export const numericString = z.string().regex(/\S/, 'expected a number, got nothing').transform(Number);

/** Converts the text of a query parameter to a list of event types, which the text separates by commas. */
export const eventTypeListSchema = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(eventTypeSchema).min(1));
